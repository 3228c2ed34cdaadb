"""Writing an experiment's script with a model: a draft folder, the checks that need no run, tiny runs, a recipe that stands.

RUN/drafts/EXPERIMENT/  train.py config.json data/ run.py  .versions/ (every version that was written)
"""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

from lab.checks.contract.signatures import Here
from lab.checks.failures import Failure
from lab.compute.engine import JobStatus
from lab.compute.harness import install_harness
from lab.data.seal import materialise, read_split
from lab.ledger.files import write_atomic, write_json
from lab.model.agent import Thought
from lab.recipes.registry import recipes
from lab.recipes.spec import RecipeSpec, TaskKind
from lab.recipes.written import Script, keep, readable
from nodes.desk import Desk, Wait, goal
from nodes.effort import plan_for
from nodes.ideas import UNWRITTEN, task_of
from nodes.rehearsal import log_end, once
from nodes.thinking import ponder
from nodes.tools.table import tools_for
from nodes.tools.workshop import RunTiny, Workshop
from state.notebook import Notebook
from state.products import DatasetCard, Json, Plan

T = TypeVar("T")

ROWS_SHOWN = 5
FAULTS_TOLD = 6
EXAMPLES: dict[TaskKind, str] = {"classification": "classifier", "generation": "sft_tiny"}
"""A bundled script that keeps the contract, to start from or to look things up in."""
METHOD_OF_ITS_OWN = "own"
"""What the method is called where the brief names none."""


def draft(
    state: Notebook, desk: Desk, plan: Plan, trouble: Json | None
) -> Generator[Wait, None, tuple[RecipeSpec, str] | Thought[Script]]:
    """The plan's recipe, written or mended by a model, and what a person should know of it; the thought where it came to none.

    `trouble` is what went wrong with the script there is; None asks for a first one.
    """
    card = DatasetCard.model_validate(state["card"])
    place = _laid_out(desk, card, plan)
    before = _read(place)
    shop = Workshop(place, columns=tuple(card.columns), installed=Here(desk.home / "cache"))
    if before[0] and trouble and "kind" in trouble:
        shop.failed(Failure(trouble["kind"], trouble["says"], (), trouble.get("where"), trouble.get("advice", "")))
    tools = tools_for("implementation", desk, state, workshop=shop, run_tiny=tiny_run(desk, shop))
    thought = yield from ponder(
        desk, Script, _evidence(state, desk, card, plan, trouble), tools, lambda said: _objection(shop, place, plan, said),
        role="coding", part=plan.id,
    )  # fmt: skip
    if thought.choice is None:
        return thought
    source, config = _read(place)
    settings = readable(config)
    assert isinstance(settings, dict)  # `_objection` has seen to it
    doubt = "; ".join(shop.changed_task())
    spec = keep(
        desk.workspace, source, settings, thought.choice, method=goal(state).method or METHOD_OF_ITS_OWN,
        kind=task_of(card.kind), parent="" if plan.recipe == UNWRITTEN else plan.recipe,
    )  # fmt: skip
    why = f"{len(source.splitlines())} lines of {desk.chat('coding').model} stand as {spec.name}"
    desk.judged(why, recipe=spec.name, based_on=list(spec.sources))
    if doubt:
        desk.fallback(f"{spec.name}: the task", doubt)
    return spec, doubt


def _laid_out(desk: Desk, card: DatasetCard, plan: Plan) -> Path:
    """The draft's folder: training rows, harness, and the script there is, where there is one to mend."""
    place = desk.workspace / "drafts" / plan.id
    (place / "data").mkdir(parents=True, exist_ok=True)
    materialise(card, desk.workspace, place / "data")
    install_harness(place)
    write_json(place / "experiment.json", {"id": plan.id, "purpose": "draft", "run": desk.run})
    if (place / "example").is_symlink():  # left by a tiny run: we would write where it leads
        (place / "example").unlink()
    example = recipes()[EXAMPLES[task_of(card.kind)]]
    write_atomic(place / "example" / "train.py", example.script.read_text(encoding="utf-8"))
    write_json(place / "example" / "config.json", example.default)
    if not (place / "train.py").exists() and plan.recipe != UNWRITTEN:
        spec = recipes(desk.workspace)[plan.recipe]
        write_atomic(place / "train.py", spec.script.read_text(encoding="utf-8"))
        write_json(place / "config.json", plan.config)
    return place


def _read(place: Path) -> tuple[str, str]:
    """Script and settings as they stand; empty where there are none."""
    found = (place / "train.py", place / "config.json")
    script, config = (path.read_text(encoding="utf-8") if path.exists() else "" for path in found)
    return script, config


def _evidence(state: Notebook, desk: Desk, card: DatasetCard, plan: Plan, trouble: Json | None) -> dict[str, Any]:
    """Nothing of the draft itself: a stage that was killed and begun again asks what it asked before, and pays nothing for it."""
    brief, reading = goal(state), state.get("reading") or {}
    rows = read_split(desk.workspace, card, "train")
    return {
        "task": brief.task, "method": brief.method, "metric": brief.metric, "direction": brief.direction, "base_model": brief.base_model,
        "hypothesis": plan.hypothesis, "settings_the_person_wants": brief.start,
        "data": {
            "kind": card.kind, "training_rows": len(rows), "columns": card.columns, "labels": card.labels[:50],
            "file": "data/train.jsonl", "rows_shown": rows[:ROWS_SHOWN],
        },
        "limits": {"seconds_a_training_may_take": plan_for(brief).job_seconds, "jobs_at_a_time": desk.slots},
        "read": reading.get("recipes", [])[:8], "claims": reading.get("claims", [])[:8],
        "the_person_said": state.get("notes", []), "script_there_is": plan.recipe != UNWRITTEN, "what_went_wrong": trouble,
    }  # fmt: skip


def _objection(shop: Workshop, place: Path, plan: Plan, said: Script) -> str | None:
    """What keeps the draft from being rehearsed; the same checks that the tool `check_script` makes."""
    source, config = _read(place)
    if not source:
        return "there is no train.py yet: write it with write_file, then submit"
    settings = readable(config) if config else "there is no config.json yet: write it with write_file, then submit"
    if isinstance(settings, str):
        return settings
    if missing := sorted(plan.config.keys() - settings.keys() - {"seed"}) if plan.recipe == UNWRITTEN else []:
        return f"config.json lacks {', '.join(missing)}, which the person asked for; read it in train.py and set it"
    if said.steps_key and said.steps_key not in settings:
        return f"steps_key {said.steps_key!r} is no key of config.json; it has {', '.join(settings)}"
    found = shop.check()
    if found.fit:
        return None
    return "the script can't be run as it stands: " + "; ".join(map(str, found.must_mend[:FAULTS_TOLD]))


def tiny_run(desk: Desk, shop: Workshop) -> RunTiny:
    """Runs the draft in the sandbox as a job and waits for it, in the thread that asked.

    The job is named after the number of the tiny run, so that after a crash the one that was started is found again.
    """

    def run(argv: list[str], seconds: float) -> tuple[JobStatus, str]:
        name = shop.job(argv[0])
        status = waited(once(desk, shop.root, "rehearsal", name, tuple(argv), seconds))
        return status, log_end(shop.root, f"{name}-")

    return run


def waited(steps: Generator[Wait, None, T]) -> T:
    """Drive a waiting stage to its end from a thread that may block."""
    try:
        while True:
            step = next(steps)
            until = time.monotonic() + step.seconds
            while not step.ready() and time.monotonic() < until:
                time.sleep(step.every)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
