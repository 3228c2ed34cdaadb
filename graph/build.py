"""The map: every stage and every edge of the research, on one screen."""

from __future__ import annotations

from typing import Any

from langgraph.graph import END, START, StateGraph

import nodes
from graph.research import ResearchGraph
from graph.routes import GATE_STAGES, RULES, start
from graph.stage import as_node, follow
from state.notebook import Notebook, Task
from state.settings import Settings

EDGES: dict[str, dict[str, str]] = {
    "intake": {"measured": "literature", "unmeasured": "approve_benchmark"},
    "approve_benchmark": {"approved": "literature", "rejected": "intake", "edited": "intake"},
    "literature": {"first": "curation", "again": "planning"},
    "curation": {"split": "audit", "ask": "approve_data", "no_data": "report"},
    "approve_data": {"approved": "audit", "rejected": "curation", "edited": "curation"},
    "audit": {"clean": "planning", "leak": "curation", "clean_again": "verdict"},
    "planning": {"planned": "implementation"},
    "implementation": {"written": "rehearsal", "no_recipe": "report"},
    "rehearsal": {
        "fits": "approve_launch", "script_error": "implementation", "out_of_memory": "implementation", "too_dear": "planning",
    },
    "approve_launch": {"approved": "launch", "rejected": "planning", "edited": "rehearsal"},
    "launch": {"started": "monitoring", "refused": "planning"},
    "monitoring": {
        "running": "monitoring", "sick": "diagnosis", "lost": "approve_launch", "arms_ended": "ablation", "ended": "evaluation",
    },
    "diagnosis": {
        "dynamics": "ablation", "code": "implementation", "data": "curation", "idea": "literature",
        "infrastructure": "approve_launch", "false_alarm": "launch", "unknown": "report",
    },
    "ablation": {"arms": "implementation", "cured": "planning", "none_cured": "diagnosis"},
    "evaluation": {
        "scored": "verdict", "predict_crashed": "implementation", "odd": "diagnosis", "smells_of_leak": "audit",
    },
    "verdict": {"next": "planning", "read_again": "literature", "examine": "examination"},
    "examination": {"examined": "reproduction"},
    "reproduction": {"reproduced": "report", "contradicted": "report"},
    "report": {"publish": "approve_publication", "end": END},
    "approve_publication": {"approved": "publication", "rejected": END, "edited": "publication"},
    "publication": {"end": END},
}  # fmt: skip

AFTER_THE_SEARCH = ("report", "approve_publication", "publication")


def exits(stage: str) -> dict[str, str]:
    """A stage's edges, with the exit that every stage of the search has: stop, to the report."""
    return EDGES[stage] if stage in AFTER_THE_SEARCH else {**EDGES[stage], "stop": "report"}


def joined(ways: dict[str, str]) -> dict[str, str]:
    """Labels that lead to one target share an edge; it carries all their names, so the drawing hides none."""
    return {label: " / ".join(other for other in ways if ways[other] == to) for label, to in ways.items()}


def build() -> StateGraph[Notebook, Settings, Task, Notebook]:
    """The graph, not yet compiled."""
    plan: StateGraph[Notebook, Settings, Task, Notebook] = StateGraph(
        Notebook, context_schema=Settings, input_schema=Task
    )
    for stage in EDGES:
        plan.add_node(stage, as_node(stage, nodes.STAGES[stage], RULES[stage], exits(stage)))
        names = joined(exits(stage))
        plan.add_conditional_edges(
            stage, follow(stage, RULES[stage], names), {names[label]: to for label, to in exits(stage).items()}
        )
    plan.add_conditional_edges(START, _begin, {stage: stage for stage in ("intake", *GATE_STAGES)})
    return plan


def _begin(state: Notebook) -> str:
    return start(state).label


def compile_graph(checkpointer: Any = None, home: str | None = None) -> ResearchGraph:
    return ResearchGraph.of(build().compile(checkpointer=checkpointer, name="research"), home)


def mermaid() -> str:
    return compile_graph().get_graph().draw_mermaid()
