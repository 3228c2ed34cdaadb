"""The graph's state: plain JSON values, one writer a field, last value wins.

Big things are files in the run's workspace; what stands here is a path, a hash and a short summary. Every list is
bounded where it is written; the full history is in `runs/RUN/journal.jsonl`.
"""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

VERSION = 1
"""Goes up when a field changes meaning; `graph/migrate.py` brings old states forward or refuses them in one line."""

Json = dict[str, Any]


class Task(TypedDict, total=False):
    """What a person hands in (the form in Studio)."""

    task: str
    """What to find out or to improve, in a sentence. Written by the person."""
    name: str
    """Name of the run; made from the task if left empty. Written by the person."""
    brief: Json
    """Keys of a brief (data, method, metric, start, limits ...). Written by the person."""
    approve: Json
    """Policy per gate: {"spend": "ask"}. Written by the person."""
    model: str
    """The mind at the helm, a LiteLLM id; empty means the playbook decides. Written by the person."""
    models: Json
    """Other minds for roles, and how they are reached: {reading, coding, judging, fallback: [...], base_url,
    prices: {id: "IN/OUT"}, cache_answers}. Written by the person."""


class Notebook(Task, total=False):
    """Everything a stage may read. Each field says who writes it; nothing is merged, the last value stands."""

    version: int
    """Written by intake."""
    run: str
    """The run's name, a folder under `runs/`. Written by intake."""
    step: int
    """Stages finished so far. Written by the wrapper round every stage."""
    stage: str
    """The stage that ran last. Written by the wrapper."""
    next: Json
    """Where the run goes and why: {stage, label, to, why}. Written by the wrapper from the stage's route."""
    bounds: dict[str, int]
    """How often each bounded edge was taken. Written by the wrapper."""
    trail: list[str]
    """The last stages in the order they ran (the rest is in the journal). Written by the wrapper."""
    clock: float
    """Working seconds, not counting waits for a person. Written by the wrapper."""
    stop: Json | None
    """Why the run goes to its report before its time: {kind, reason}. Written by the wrapper, or by a stage that can't go on."""
    heard: int
    """How many of the person's notes (`tell`) have been read. Written by the wrapper."""
    notes: list[str]
    """The last notes of the person. Written by the wrapper."""
    messages: list[Json]
    """Short notes for chat front ends. Written by the wrapper."""

    goal: Json
    """`Brief`. Written by intake (and by approve_benchmark when the person edits it)."""
    asked: Json
    """What the open gate asks: {gate, args, hash, summary}. Written by the stage before the gate."""
    decisions: dict[str, Json]
    """The last `Decision` per gate. Written by the gates."""
    reading: Json
    """`Reading`. Written by literature."""
    card: Json
    """`DatasetCard`. Written by curation."""
    findings: list[Json]
    """`Finding`s of the last audit. Written by audit."""
    audited: Json
    """{passes, sent_by}: how the last audit was reached. Written by audit and evaluation."""
    counters: dict[str, int]
    """Batches and experiments named so far. Written by planning and ablation."""
    batch: Json
    """`Batch` in hand. Written by planning, by ablation (arms) and by implementation (when it writes a script or mends a config)."""
    mend: Json
    """What implementation should change, and why: {change, why, failure}. Written by diagnosis and evaluation; implementation
    leaves {doubt}: what its mend changes of the task, for the spending gate to ask."""
    rehearsal: Json
    """`Rehearsal`. Written by rehearsal."""
    jobs: dict[str, Json]
    """Attempts reserved for the batch: {experiment: {attempt, why}}. Written by approve_launch, before anything starts."""
    refused: str
    """Why the ledger refused the launch. Written by launch."""
    watched: Json
    """{experiment: {state, why}} of the batch. Written by monitoring."""
    signals: list[Json]
    """`Signal`s of the batch in hand. Written by monitoring."""
    patient: str
    """The experiment that diagnosis looks at. Written by monitoring and evaluation."""
    diagnoses: list[Json]
    """`Diagnosis` list, best first. Written by diagnosis."""
    ruled_out: list[str]
    """Causes whose cure did not cure. Written by ablation."""
    sick_batch: Json
    """The batch that fell ill, kept while its arms run. Written by ablation."""
    ablation: Json
    """`AblationTable`. Written by ablation."""
    learnt: Json
    """What the search goes on from: {config, change, cause, why}. Written by ablation and implementation."""
    tried: list[Json]
    """One line per experiment so far. Written by monitoring and evaluation."""
    evaluation: Json
    """`Evaluation`. Written by evaluation."""
    best: Json
    """{batch, experiments, recipe, config, score, seeds}. Written by evaluation."""
    baseline: Json
    """{experiments, score}. Written by evaluation."""
    dry: int
    """Batches since the last gain beyond noise. Written by verdict."""
    verdict: Json
    """`Verdict`. Written by verdict."""
    examination: Json
    """`Examination`. Written by examination."""
    reproduction: Json
    """`Reproduction`. Written by reproduction."""
    ending: Json
    """`Ending`. Written by report."""
    report: Json
    """{markdown, html}: files, relative to the run's folder. Written by report."""
    publication: Json
    """`Publication`. Written by publication."""


Update = dict[str, Any]
FIELDS = frozenset(Notebook.__annotations__) | frozenset(Task.__annotations__)
