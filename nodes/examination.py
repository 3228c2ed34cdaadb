"""examination: opens the seal for finalist and baseline: intervals over rows and seeds, smell checks, looks counted."""

from __future__ import annotations

from lab.checks.smell import smell
from lab.data.seal import looks, open_answers
from lab.ledger.journal import history, of_kind
from lab.stats.compare import gain_interval
from lab.stats.keep import keep
from lab.stats.scorers import score
from nodes.desk import Desk, Steps, goal
from nodes.effort import plan_for
from nodes.scoring import predict_all, predictions, scored
from state.errors import UserError
from state.notebook import Notebook
from state.products import Check, DatasetCard, Examination


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
    card = DatasetCard.model_validate(state["card"])
    answers = open_answers(desk.workspace, card, "sealed", f"examination in {desk.run} of {' '.join(both)}")
    said = {name: predictions(desk.experiment(name), "sealed") for name in both}
    ours, theirs = [said[n] for n in finalist], [said[n] for n in baseline]
    whole = scored(brief, ours, answers, "sealed")
    base = scored(brief, theirs, answers, "sealed")
    gain = keep(gain_interval(brief.metric, ours, theirs, answers, seed=brief.seed), whole.direction)
    found = Examination(
        finalist=finalist, baseline=baseline, score=whole, baseline_score=base, gain=gain.gain, gain_interval=gain.interval,
        per_seed={n: score(brief.metric, said[n], answers).value for n in finalist},
        baseline_per_seed={n: score(brief.metric, said[n], answers).value for n in baseline},
        looks=looks(desk.workspace), protected=_protected(desk), checks=_smell(brief.metric, said, finalist, answers),
        method=f"mean over {len(finalist)} and {len(baseline)} seeds; 95 % by resampling seeds and rows together; {gain.why}",
    )  # fmt: skip
    for check in found.checks:
        desk.journal.write("check", **check.to_json())
    return {"examination": found.to_json()}


def _protected(desk: Desk) -> bool:
    """Was every process of this run kept away from the sealed answers by its sandbox?"""
    jobs = of_kind(history(desk.journal.path), "job") + [r for r in desk.journal.written if r["kind"] == "job"]
    return bool(jobs) and all(record["sandbox"] == "bwrap" for record in jobs)


WORST = ("FAIL", "NOT_RUN", "SUSPECT", "PASS")


def _smell(metric: str, said: dict[str, dict[str, str]], finalist: list[str], answers: dict[str, str]) -> list[Check]:
    """Every check on every seed of the finalist; of each check the worst answer stands, with the seed it came from."""
    worst: dict[str, Check] = {}
    for name in finalist:
        others = {other: given for other, given in said.items() if other not in finalist}
        for check in smell(metric, said[name], answers, score(metric, said[name], answers).value, others):
            named = check.model_copy(update={"evidence": {**check.evidence, "experiment": name}})
            if check.name not in worst or WORST.index(check.result) < WORST.index(worst[check.name].result):
                worst[check.name] = named
    return list(worst.values())
