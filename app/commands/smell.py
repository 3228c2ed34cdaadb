"""`smell`: does a result hold, from its predictions and the answers alone?"""

from __future__ import annotations

import math
import shutil
import textwrap
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from app import out
from lab.checks.smells.battery import battery, verdict
from lab.checks.smells.files import Rows, read_rows
from lab.checks.smells.guess import fits, guess_metric
from lab.checks.smells.join import Joined, join, training
from lab.checks.smells.measure import interval
from lab.checks.smells.result import Result
from lab.stats.metric import Metric
from lab.stats.scorers import find_metric
from state.errors import UserError
from state.products import Check

Json = dict[str, Any]
PERCENT_LIKE = 2.0
"""A bare claim from here on was meant in percent; between 1 and this it is an impossible value."""
NARROW, WIDE = 60, 140


@dataclass(frozen=True)
class Asked:
    """What stands on the command line."""

    predictions: Path
    answers: Path
    train: Path | None = None
    claimed: str | None = None
    metric: str | None = None
    others: tuple[Path, ...] = ()
    ceiling: str | None = None


def smell(asked: Asked, as_json: bool) -> int:
    """Tell what the battery found; 1 when it failed."""
    result, notes = _result(asked)
    checks = battery(result)
    found = verdict(checks)
    spread = None if math.isnan(result.scored.value) else interval(result).bounds
    told = {
        "verdict": found, "metric": result.rule.name, "value": result.scored.value, "interval": spread,
        "n": result.scored.n, "claimed": result.claimed, "notes": notes, "checks": [c.to_json() for c in checks],
    }  # fmt: skip
    told = _plain(told)
    out.answer(told, _words(told), as_json)
    return 1 if found == "FAIL" else 0


def _result(asked: Asked) -> tuple[Result, list[str]]:
    given, wanted = read_rows(asked.predictions), read_rows(asked.answers)
    rule = find_metric(asked.metric) if asked.metric else None
    joined = join(given, wanted, rule.needs if rule else "texts")
    notes = list(joined.notes)
    if rule is None:
        name, why = _guessed(joined, asked.claimed)
        rule = find_metric(name)
        notes.append(f"metric guessed: {name}, as {why}; name another with --metric")
    claimed, decimals = read_claim(asked.claimed, rule) if asked.claimed is not None else (None, None)
    ceilings = {"given": read_claim(asked.ceiling, rule)[0]} if asked.ceiling is not None else {}
    rows = read_rows(asked.train) if asked.train else None
    return _filled(asked, rule, joined, rows, wanted, claimed, decimals, ceilings), notes


def _guessed(joined: Joined, claim: str | None) -> tuple[str, str]:
    """A metric and why; of those for measured numbers the one that the claim is a value of."""
    name, why = guess_metric(joined.predictions, joined.answers)
    if name != "mse" or claim is None:
        return name, why
    fitting = fits(joined.predictions, joined.answers, lambda one: read_claim(claim, find_metric(one)))
    if fitting:
        return fitting, f"{why}, and its value is claimed"
    return ("r2", f"{why}, and a percentage is claimed") if claim.strip().endswith("%") else (name, why)


def _filled(
    asked: Asked, rule: Metric, joined: Joined, train: Rows | None, wanted: Rows, claimed: float | None,
    decimals: int | None, ceilings: dict[str, float],
) -> Result:  # fmt: skip
    taught = training(train, joined.inputs, joined.answers, wanted) if train else None
    others = {str(path): join(read_rows(path), wanted, rule.needs).predictions for path in asked.others}
    return Result(
        metric=rule.name, predictions=joined.predictions, answers=joined.answers, rows=joined.rows, claimed=claimed,
        decimals=decimals, repeated=joined.repeated, contradicted=joined.contradicted, inputs=joined.inputs, prompts=joined.inputs,
        slices=joined.slices, guessed=asked.metric is None, apart=joined.apart, others=others, ceilings=ceilings,
        train_answers=taught.answers if taught else None, train_inputs=taught.inputs if taught else None,
        flagged=taught.seen if taught and (joined.inputs or taught.seen) else None,
    )  # fmt: skip


def read_claim(text: str, rule: Metric) -> tuple[float, int | None]:
    """A claimed value, and the decimals it is printed with: `0.94` has 2, `94.0%` has 3, and `1` is exact."""
    bare = text.strip()
    percent = bare.endswith("%")
    try:
        number = Decimal(bare.removesuffix("%").strip())
    except InvalidOperation:
        raise UserError(f"{text!r} is no number; give a fraction (0.94) or a percentage (94%)") from None
    if not number.is_finite():
        raise UserError(f"{text!r} is no finite number; give a fraction (0.94) or a percentage (94%)")
    if percent and rule.high != 1:
        raise UserError(f"{rule.name} is no share, so {text!r} can't be it; give a plain number")
    if percent:
        number = number.scaleb(-2)
    elif rule.high == 1 and abs(number) >= PERCENT_LIKE and (number > 0 or rule.low == 0):
        raise UserError(f"{text} is no fraction; if it is a percentage say {bare}%, else a value such as 0.94")
    exponent = number.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    if decimals <= 0:  # a share of 1 is all of it, not all of it but for rounding
        return float(number), None if rule.high == 1 else 0
    return float(number), decimals


def _plain(value: Any) -> Any:
    """JSON has no NaN and no infinity; a dash stands for them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    return value


def _words(told: Json) -> str:
    """Verdict, value and what every check found; the gravest first."""
    span = told["interval"]
    where = f" [{out.number(span[0])}, {out.number(span[1])}] at 95 %" if span else ""
    claim = f", claimed {out.number(told['claimed'])}" if told["claimed"] is not None else ""
    lines = [f"{told['verdict']}: {told['metric']} {out.number(told['value'])}{where} on {told['n']} rows{claim}"]
    lines += [line for note in told["notes"] for line in _wrapped("note:", note)]
    order = ("FAIL", "SUSPECT", "PASS", "NOT_RUN")
    checks = sorted((Check.model_validate(c) for c in told["checks"]), key=lambda c: order.index(c.result))
    return "\n".join([*lines, "", *(line for check in checks for line in _row(check))])


def _row(check: Check) -> list[str]:
    """One check with its reason."""
    return _wrapped(f"{check.result.replace('_', ' '):<8} {check.name.replace('_', ' '):<17}", check.why)


def _wrapped(head: str, text: str) -> list[str]:
    """A hanging paragraph within the terminal."""
    width = min(WIDE, max(NARROW, shutil.get_terminal_size().columns))
    first, *rest = textwrap.wrap(text, width - len(head) - 1, break_long_words=True) or [""]
    return [f"{head} {first}", *(" " * (len(head) + 1) + line for line in rest)]
