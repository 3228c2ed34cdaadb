"""How a report writes numbers and outcomes. Pure functions; honest by construction."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
NOTHING = "—"
MINUS = "−"


def number(value: object) -> str:
    """A measured number: three decimals, no leading zero, as in .882; a dash where nothing was measured."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return NOTHING
    sign = MINUS if round(value, 3) < 0 else ""
    size = abs(value)
    if size >= 1000:
        return f"{sign}{size:,.0f}"
    text = f"{size:.3f}"
    return sign + (text[1:] if text.startswith("0.") else text)


def signed(value: object) -> str:
    """A difference, with its sign."""
    text = number(value)
    return text if text.startswith((MINUS, NOTHING)) else f"+{text}"


def interval(pair: object, difference: bool = False) -> str:
    """[lo, hi]; empty where there is none."""
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        return ""
    write = signed if difference else number
    return f"[{write(pair[0])}, {write(pair[1])}]"


def with_interval(value: object, pair: object, difference: bool = False) -> str:
    return f"{(signed if difference else number)(value)} {interval(pair, difference)}".strip()


def setting(value: object) -> str:
    """A parameter as one would type it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:g}"
    if isinstance(value, dict):
        return ", ".join(f"{k} {setting(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(setting(v) for v in value)
    return NOTHING if value in (None, "") else str(value)


def change(changes: object) -> str:
    """What one experiment does differently: learning_rate = 0.0003."""
    if not isinstance(changes, dict) or not changes:
        return "nothing"
    return ", ".join(f"{key} = {_changed(value)}" for key, value in changes.items())


def _changed(value: object) -> str:
    if isinstance(value, dict) and set(value) == {"from", "to"}:
        return f"{setting(value['to'])} (was {setting(value['from'])})"
    if isinstance(value, list) and len(value) == 2 and not isinstance(value[0], list | dict):
        return f"{setting(value[1])} (was {setting(value[0])})"
    return setting(value)


def duration(seconds: object) -> str:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        return NOTHING
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def clip(text: object, width: int = 400) -> str:
    """Data in one line, cut where a log or a task runs on."""
    said = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False, default=str)
    flat = " ".join("".join(c if c.isprintable() else " " for c in said).split())
    return flat if len(flat) <= width else flat[: width - 1].rstrip() + "…"


def sentence(text: object) -> str:
    """As a sentence of its own among others."""
    said = clip(text or "")
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?", "…")) else ".") if said else ""


def plural(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


HEADLINE: dict[str, str] = {
    "target_met": "The target was met.",
    "target_missed": "The target was missed.",
    "claim_supported": "The claim is supported.",
    "claim_contradicted": "The claim is contradicted.",
    "inconclusive": "The evidence does not decide it.",
    "integrity_failure": "This is not to be trusted.",
    "out_of_budget": "The budget ran out.",
    "stopped": "The run was stopped.",
    "failed": "The run failed.",
}
TONE: dict[str, str] = {
    "target_met": "good", "claim_supported": "good", "claim_contradicted": "good", "target_missed": "plain",
    "inconclusive": "plain", "out_of_budget": "warn", "stopped": "warn", "failed": "bad", "integrity_failure": "bad",
}  # fmt: skip
MEANING: dict[str, str] = {
    "target_missed": "This is a finding, not a malfunction: what was asked for was tried, measured and not reached.",
    "integrity_failure": "A check on the result failed; the numbers below show what was measured, not what is true.",
    "out_of_budget": "What had been found by then is reported; the search was not finished.",
    "stopped": "What had been found by then is reported; the search was not finished.",
    "failed": "What had been found by then is reported; no conclusion should be drawn from the missing parts.",
}


UNDECIDED = "The data allow neither a yes nor a no at the 95 % level; more rows or more seeds would be needed."
UNTARGETED = {"target_met": "Better than the baseline beyond noise.", "target_missed": "The baseline was not beaten."}
"""Headlines of a run that was given no target to meet or to miss."""


def headline(word: str, target: object) -> str:
    found = UNTARGETED.get(word) if target is None else None
    return found or HEADLINE.get(word, clip(word))


def meaning(word: str, examination: Mapping[str, Any]) -> str:
    """What an outcome means. Only an examination whose interval holds zero leaves a question open for want of data."""
    if word == "integrity_failure" and not examination:
        return "The run ended before anything was examined; nothing measured in it should be used."
    if word != "inconclusive":
        return MEANING.get(word, "")
    pair = examination.get("gain_interval") or ()
    return UNDECIDED if len(pair) == 2 and min(pair) <= 0 <= max(pair) else ""


def gain_sign(examination: Mapping[str, Any]) -> float:
    """+1 where a positive gain means better, -1 where it means worse (a raw difference of a metric to minimise)."""
    score, base = examination.get("score") or {}, examination.get("baseline_score") or {}
    if score.get("direction") != "minimize":
        return 1.0
    raw = float(score.get("value") or 0) - float(base.get("value") or 0)
    return -1.0 if raw * float(examination.get("gain") or 0) > 0 else 1.0


def gain_sentence(examination: Mapping[str, Any]) -> str:
    """What the interval of the gain allows one to say, and no more."""
    pair = examination.get("gain_interval")
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        return "No interval was computed for the gain, so nothing is claimed about it."
    sign = gain_sign(examination)
    low, high = sorted(sign * float(end) for end in pair)
    if low > 0:
        return "Better than the baseline beyond noise: the whole 95 % interval of the gain lies above zero."
    if high < 0:
        return "Worse than the baseline beyond noise: the whole 95 % interval of the gain lies below zero."
    return "Not distinguishable from the baseline: the 95 % interval of the gain includes zero."
