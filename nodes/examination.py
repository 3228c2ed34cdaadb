"""examination: opens the seal for finalist and baseline: intervals over rows and seeds, controls, smell checks, looks counted."""

from __future__ import annotations

from lab.checks.data_checks import fingerprint
from lab.data.seal import groups_and_times, looks, open_answers, read_split
from lab.ledger.journal import history, of_kind
from lab.stats.compare import gain_interval
from lab.stats.keep import keep
from lab.stats.scorers import score
from nodes.controls import run_controls
from nodes.desk import Desk, Steps, goal
from nodes.effort import plan_for
from nodes.scoring import predict_all, predictions, scored
from nodes.sniffing import sniffed, values
from state.errors import UserError
from state.notebook import Notebook
from state.products import DatasetCard, Examination


def examination(state: Notebook, desk: Desk) -> Steps:
    brief = goal(state)
    assert brief.metric is not None
    finalist, baseline = state["best"]["experiments"], state["baseline"]["experiments"]
    both = list(dict.fromkeys([*finalist, *baseline]))
    failed = yield from predict_all(
        state, desk, [desk.experiment(n) for n in both], "sealed", plan_for(brief).job_seconds
    )
    if failed:
        raise UserError(
            "the examination could not be held: " + "; ".join(f"predict of {n} {w}" for n, w in failed.items())
        )
    controls = yield from run_controls(state, desk, finalist[0])
    card = DatasetCard.model_validate(state["card"])
    answers = open_answers(desk.workspace, card, "sealed", f"examination in {desk.run} of {' '.join(both)}")
    said = {name: predictions(desk.experiment(name), "sealed") for name in both}
    ours, theirs = [said[n] for n in finalist], [said[n] for n in baseline]
    groups = _groups(desk, card, answers)
    whole = scored(brief, ours, answers, "sealed", groups)
    base = scored(brief, theirs, answers, "sealed", groups)
    gain = keep(gain_interval(brief.metric, ours, theirs, answers, seed=brief.seed, groups=groups), whole.direction)
    walled, unit = _protected(desk), f"{len(set(groups.values()))} groups of rows" if groups else "rows"
    found = Examination(
        finalist=finalist, baseline=baseline, score=whole, baseline_score=base, gain=gain.gain, gain_interval=gain.interval,
        per_seed={n: score(brief.metric, said[n], answers).value for n in finalist},
        baseline_per_seed={n: score(brief.metric, said[n], answers).value for n in baseline},
        looks=looks(desk.workspace), protected=walled,
        checks=sniffed(state, desk, said, answers, controls, walled), controls=values(brief.metric, controls, answers),
        method=f"mean over {len(finalist)} and {len(baseline)} seeds; 95 % by resampling seeds and {unit} together; {gain.why}",
    )  # fmt: skip
    for check in found.checks:
        desk.journal.write("check", **check.to_json())
    return {"examination": found.to_json()}


def _groups(desk: Desk, card: DatasetCard, answers: dict[str, str]) -> dict[str, str] | None:
    """The group of every sealed row, where rows belong together or say the same: they are no independent witnesses."""
    keys = groups_and_times(desk.workspace, card)
    inputs = {row["id"]: fingerprint(row["input"]) for row in read_split(desk.workspace, card, "sealed")}
    found = {row: keys.get(row, (None, None))[0] or inputs[row] for row in answers}
    return found if len(set(found.values())) < len(found) else None


def _protected(desk: Desk) -> bool:
    """Was every process of this run kept away from the sealed answers by its sandbox?"""
    jobs = of_kind(history(desk.journal.path), "job") + [r for r in desk.journal.written if r["kind"] == "job"]
    return bool(jobs) and all(record["sandbox"] == "bwrap" for record in jobs)
