"""What the stages leave behind. Validated where it is made, stored as plain JSON."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from state.words import (
    Answer,
    CheckResult,
    Direction,
    Family,
    Gate,
    Outcome,
    Purpose,
    Severity,
    SignalKind,
    Split,
)

Json = dict[str, Any]


class Product(BaseModel):
    """A typed record; unknown keys are refused, so a misspelt field can't vanish."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def to_json(self) -> Json:
        return self.model_dump(mode="json")


class Decision(Product):
    """A person's (or a policy's) answer at a gate."""

    gate: Gate
    answer: Answer
    by: str
    """`person`, or the policy that answered for them: `auto`, `deny`, `limits`, `unattended`."""
    why: str
    args: Json = Field(default_factory=dict)
    """What was asked, as edited by the person if they did."""
    hash: str = ""
    """Fingerprint of what was approved; launch refuses anything else."""


class Judgement(Product):
    """One choice: what was decided, by whom, and why."""

    stage: str
    by: str
    """`model` or `playbook`."""
    choice: Json
    why: str


class SplitInfo(Product):
    rows: int
    sha256: str
    file: str


class DatasetCard(Product):
    """What the data is, how it was split and sealed, and what was done to the training part."""

    name: str
    kind: str
    """`generation` (text in, text out), `tabular` or `text` (features or text in, label out)."""
    rows: int
    columns: list[str]
    labels: list[str] = Field(default_factory=list)
    splits: dict[Split, SplitInfo]
    seal: str
    """Fingerprint of the sealed inputs and answers together."""
    split_seed: int
    group_by: str = ""
    time_key: str = ""
    """The column that says when each row was taken, where there is one."""
    ordered: bool = False
    """Split by that time, latest rows sealed; else at random."""
    dropped: dict[str, int] = Field(default_factory=dict)
    repairs: list[str] = Field(default_factory=list)
    source: str = ""


class Finding(Product):
    """Something a check found in the data or in a result."""

    kind: str
    severity: str
    """`block`, `warn` or `info`."""
    count: int
    share: float
    why: str
    remedy: str = ""
    ids: list[str] = Field(default_factory=list)
    """Examples as row ids, never as text: sealed rows stay sealed."""
    examples: list[Json] = Field(default_factory=list)
    """Row numbers or ids that show it, in pairs where it is about pairs: {"train", "test", "score"}; never text."""
    inflation: float | None = None
    """By how much it flatters the score, where something was really scored again or run again; else None."""


class Plan(Product):
    """One experiment to be: one folder, one seed, one measurable change against its parent."""

    id: str
    parent: str | None
    purpose: Purpose
    hypothesis: str
    change: Json
    recipe: str
    seed: int
    config: Json
    steps: int
    start_from: str | None = None
    """Experiment whose trained model this one starts from."""
    predicts: str = ""
    """The signal expected if the hypothesis holds, said before running."""
    paired_seed: int = 0
    """Index of the seed within its batch, so that finalist and baseline can be paired."""


class Batch(Product):
    """One or more experiments with one purpose; stages up to monitoring act on the batch."""

    id: str
    purpose: Purpose
    why: str
    experiments: list[Plan]
    symptom: str = ""
    """For arms: the signal whose causes they tell apart."""


class Rehearsal(Product):
    """A tiny run that was really made: what it took, and what the real one will take."""

    ok: bool
    error: str = ""
    """`script`, `memory`, `predict`, `slow`, `dear`, or empty."""
    detail: str = ""
    failure: Json = Field(default_factory=dict)
    """What went wrong, typed: kind, one line, the lines of the log that matter, where in the script, advice."""
    seconds: float = 0
    forecast_seconds: float = 0
    """Wall-clock seconds forecast for the whole batch with the slots there are."""
    worst_seconds: float = 0
    cost: float | None = 0.0
    per_experiment: dict[str, float] = Field(default_factory=dict)
    hash: str = ""


class Signal(Product):
    """Something a detector saw in a training."""

    experiment: str
    kind: SignalKind
    step: int
    severity: Severity
    evidence: Json
    why: str


class Clue(Product):
    """A rule that speaks for or against a cause, and the numbers it read."""

    rule: str
    says: str


class Diagnosis(Product):
    """A ranked cause; the score is rules that fired over rules that apply, never a model's confidence."""

    experiment: str
    cause: str
    family: Family
    score: float
    fired: int
    applicable: int
    evidence_for: list[Clue] = Field(default_factory=list)
    evidence_against: list[Clue] = Field(default_factory=list)
    goes_to: str
    remedy: Json = Field(default_factory=dict)
    """The config change that would cure it if this cause is the right one."""


class ArmResult(Product):
    experiment: str
    cause: str
    change: Json
    cured: bool
    gained: float | None
    """Mean of the true metric over the last fifth of the arm minus its start; None when never measured."""
    signals: list[SignalKind]
    why: str


class AblationTable(Product):
    """Which change cured the sickness and which did not; the winner is chosen by rule."""

    symptom: str
    parent: str
    arms: list[ArmResult]
    winner: str | None
    cause: str | None
    """The cause the arms point to; may differ from the diagnosis."""
    overturned: bool
    why: str


class Score(Product):
    """A metric computed by trusted code, with its interval."""

    metric: str
    direction: Direction
    value: float
    interval: tuple[float, float]
    n: int
    unparsed: int = 0
    split: Split


class Check(Product):
    name: str
    result: CheckResult
    why: str
    evidence: Json = Field(default_factory=dict)


class Evaluation(Product):
    """Validation scores of a batch's experiments."""

    scores: dict[str, Score]
    problem: str = ""
    """`predict_crashed`, `constant_output`, `metric_mismatch`, `smells_of_leak`, or empty."""
    detail: str = ""


class Verdict(Product):
    """What to do after an evaluation: go on, settle it with seeds, examine, or read again."""

    decision: str
    """`next_batch`, `seeds`, `examine`, `read_again`."""
    why: str
    best: str | None = None
    gain: float | None = None
    gain_interval: tuple[float, float] | None = None


class Examination(Product):
    """The seal was opened: finalist against baseline on rows nobody has seen."""

    finalist: list[str]
    baseline: list[str]
    score: Score
    baseline_score: Score
    gain: float
    gain_interval: tuple[float, float]
    per_seed: dict[str, float]
    baseline_per_seed: dict[str, float]
    looks: int
    protected: bool
    controls: dict[str, Json] = Field(default_factory=dict)
    """Score of each control on the sealed rows ({"value", "why"}), or why it has none."""
    checks: list[Check]
    method: str


class Reproduction(Product):
    experiment: str
    result: str
    """`identical`, `consistent`, `contradicted` or `not_run`."""
    original: float | None = None
    again: float | None = None
    tolerance: float | None = None
    why: str


class Publication(Product):
    done: bool
    repo: str = ""
    url: str = ""
    why: str


class Ending(Product):
    """How the run ended, in one word and one line."""

    outcome: Outcome
    reason: str
