"""What a brief may say: its keys, their kinds, and what contradicts what. One line says what is wrong and where."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from state.brief import Brief, Limits
from state.errors import UserError
from state.words import Direction, Effort, SourceName

Json = dict[str, Any]

TEXTS = ("task", "data", "base_model", "method", "metric", "direction", "claim", "paper")
NUMBERS = ("target", "baseline")
KEYS = (*TEXTS[:6], *NUMBERS, "start", "claim", "paper", "limits", "seeds", "sources")
LIMITS = tuple(Limits.model_fields)

HIGHER_IS_BETTER = frozenset({
    "accuracy", "balanced_accuracy", "numeric_match", "exact_match", "f1", "macro_f1", "micro_f1", "weighted_f1", "binary_f1",
    "multiple_choice", "precision",
    "recall", "auroc", "roc_auc", "average_precision", "pass_rate", "win_rate", "r2", "bleu", "rouge", "reward",
})  # fmt: skip
LOWER_IS_BETTER = frozenset({
    "loss", "log_loss", "cross_entropy", "perplexity", "error_rate", "rmse", "mse", "mae", "brier", "ece",
})  # fmt: skip
FRACTIONS = frozenset({
    "accuracy", "balanced_accuracy", "numeric_match", "exact_match", "f1", "macro_f1", "micro_f1", "weighted_f1", "binary_f1",
    "multiple_choice", "precision",
    "recall", "auroc", "roc_auc", "average_precision", "pass_rate", "win_rate", "error_rate", "brier", "ece",
})  # fmt: skip

FILE_ENDINGS = (".csv", ".tsv", ".json", ".jsonl", ".parquet", ".arrow", ".txt", ".gz", ".zip", ".pdf", ".md", ".xlsx")
BARE_WORD = re.compile(r"[A-Za-z0-9][\w.-]*")
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(:[\w.-]+)?")
DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?", re.IGNORECASE)


class Written:
    """A brief as read: its keys, and where each was written: a line of a file, or an option."""

    def __init__(self, keys: Json, where: str = "", places: Mapping[str, str] | None = None) -> None:
        self.keys = keys
        self.where = where
        self.places = dict(places or {})

    def wrong(self, key: str, what: str) -> UserError:
        place = self.places.get(key, self.where)
        return UserError(f"{place}: {what}" if place else what)


def check(
    written: Written,
    *,
    task: str | None = None,
    effort: Effort | None = None,
    seed: int | None = None,
    time: float | None = None,
    budget: float | None = None,
    defaults: Json | None = None,
) -> Brief:
    """Every rule a brief must keep. What the command line says wins; `defaults` are limits for want of others."""
    keys = {key: value for key, value in written.keys.items() if value is not None}
    flags = {key: value for key, value in (("time", time), ("budget", budget)) if value is not None}
    written = Written(keys, written.where, written.places | {f"limits.{key}": f"--{key}" for key in flags})
    if task:
        keys["task"] = task
    _known(written, keys, KEYS, "")
    for key in keys:
        _typed(written, key, keys[key])
    if not str(keys.get("task", "")).strip():
        raise written.wrong("task", "the brief has no task; say in a sentence what to find out or to improve")
    limits = _limits(written, keys.get("limits", {}), flags, defaults or {})
    _metric(written, keys)
    for key in ("data", "paper", "base_model"):
        if key in keys:
            keys[key] = _place(written, key, keys[key])
    extra: Json = {"seed": seed} if seed is not None else {}
    if effort is not None:
        extra["effort"] = effort
    if "sources" in keys:
        keys["sources"] = _sources(written, keys["sources"])
    if "seeds" in keys:
        extra |= _seeds(written, keys.pop("seeds"))
    return Brief.model_validate({**keys, **extra, "limits": limits, "where": written.where})


def duration(value: Any) -> float | None:
    """Seconds: 90, "90s", "30m", "2h", "1h30m"; None when it is no duration."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    if not isinstance(value, str):
        return None
    text = value.strip().replace(" ", "")
    match = DURATION.fullmatch(text)
    if match and any(match.groups()):
        hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def _known(written: Written, keys: Json, allowed: Sequence[str], prefix: str) -> None:
    for key in keys:
        if key not in allowed:
            close = difflib.get_close_matches(str(key), allowed, 1, 0.6)
            hint = f"did you mean {prefix}{close[0]}?" if close else f"a brief has {', '.join(allowed)}"
            raise written.wrong(f"{prefix}{key}", f"unknown key {prefix}{key}; {hint}")


def _typed(written: Written, key: str, value: Any) -> None:
    if key in TEXTS and not isinstance(value, str):
        hint = "put it in quotes" if isinstance(value, int | float) else "write one line of text"
        raise written.wrong(key, f"{key} is {shown(value)}, not text; {hint}")
    if key in NUMBERS and (isinstance(value, bool) or not isinstance(value, int | float)):
        percent = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%?\s*", value) if isinstance(value, str) else None
        plain = f"{float(percent[1]) / 100:g}" if percent and float(percent[1]) > 1 else "0.94"
        raise written.wrong(key, f"{key} is {shown(value)}, not a number; write {plain}, a fraction and without quotes")
    if key in ("start", "limits") and not isinstance(value, dict):
        raise written.wrong(key, f"{key} is {shown(value)}; it holds keys of its own, one a line below it")


def _limits(written: Written, given: Json, flags: Json, defaults: Json) -> Limits:
    """The limits asked for; defaults fill the gaps and never contradict what a person wrote."""
    _known(written, given, LIMITS, "limits.")
    asked = {key: value for key, value in {**given, **flags}.items() if value is not None}
    kept = {key: _limit(written, key, value) for key, value in asked.items()}
    if kept.get("time") and kept.get("job_time", 0) > kept["time"]:
        said = f"one job may take {kept['job_time']:g} s and the whole run {kept['time']:g} s"
        raise written.wrong("limits.job_time", f"limits contradict each other: {said}; lower job_time or raise time")
    for key, value in defaults.items():
        kept.setdefault(key, _limit(written, key, value))
    if "time" in kept and "job_time" in kept:
        kept["job_time"] = min(kept["job_time"], kept["time"])
    return Limits.model_validate(kept)


def _limit(written: Written, key: str, value: Any) -> float:
    name, timed, counted = f"limits.{key}", key in ("time", "job_time"), key in ("batches", "arms", "model_calls")
    number = duration(value) if timed else _number(value)
    if number is None:
        form = "a duration such as 90s, 30m or 2h" if timed else "a number"
        raise written.wrong(name, f"{name} is {shown(value)}; write {form}")
    if number < 0 or (number == 0 and key != "budget"):
        raise written.wrong(
            name, f"{name} is {shown(value)}; it must be {'0 or more' if key == 'budget' else 'more than 0'}"
        )
    if counted and number != int(number):
        raise written.wrong(name, f"{name} is {shown(value)}; write a whole number")
    return int(number) if counted else number


def _metric(written: Written, keys: Json) -> None:
    """Direction and target must suit the metric."""
    metric, direction = str(keys.get("metric", "")).lower(), keys.get("direction")
    allowed = get_args(Direction)
    if direction is not None and direction not in allowed:
        raise written.wrong("direction", f"direction is {shown(direction)}; write {' or '.join(allowed)}")
    natural = "maximize" if metric in HIGHER_IS_BETTER else "minimize" if metric in LOWER_IS_BETTER else None
    if natural and direction and direction != natural:
        raise written.wrong(
            "direction", f"direction {direction} contradicts the metric {metric}, which one would {natural}"
        )
    for key in NUMBERS:
        value = keys.get(key)
        if value is None or (metric and metric not in FRACTIONS):
            continue
        if 1 < value <= 100 and metric:
            raise written.wrong(key, f"{key} is {value:g}, but {metric} is a fraction; write {value / 100:g}")
        if metric and not 0 <= value <= 1:
            raise written.wrong(key, f"{key} is {value:g}, but {metric} is a fraction between 0 and 1")
        if not metric and value > 1:
            raise written.wrong(key, f"{key} is {value:g} of what? name the metric; fractions are written 0.94, not 94")


def _place(written: Written, key: str, value: str) -> str:
    """A file is found now and kept by its full path; a bare word or owner/name is left for those who know it."""
    text = value.strip()
    if text.startswith(("http://", "https://", "arxiv:", "hf:")):
        return text
    base = Path(written.where).parent if written.where and Path(written.where).is_file() else Path.cwd()
    path = Path(text).expanduser()
    looks_like_path = (
        text.startswith((".", "/", "~"))
        or text.count("/") > 1
        or text.endswith("/")
        or text.lower().endswith(FILE_ENDINGS)
    )
    if looks_like_path or (key != "paper" and "/" in text and (base / path).exists()):
        found = next((root / path for root in (base, Path.cwd()) if (root / path).exists()), None)
        if found is None:
            raise written.wrong(key, f"{key} {text} does not exist; looked in {base.resolve()}")
        return str(found.resolve())
    if key == "data" and not (BARE_WORD.fullmatch(text) or HUB_ID.fullmatch(text)):
        raise written.wrong(key, f"data is {shown(value)}; give a built-in name, a file or a Hub id such as owner/name")
    return text


def _sources(written: Written, value: Any) -> list[str]:
    """Names of sources, as a list or as words with commas between."""
    known = get_args(SourceName)
    names = [each.strip() for each in value.split(",")] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or any(name not in known for name in names):
        raise written.wrong("sources", f"sources is {shown(value)}; name some of {', '.join(known)}")
    return list(dict.fromkeys(names))


def _seeds(written: Written, value: Any) -> dict[str, Any]:
    """How many, or which ones."""
    if isinstance(value, list) and value and all(_whole(v) and 0 <= v < 2**32 for v in value):
        if len(set(value)) < len(value):
            raise written.wrong("seeds", f"seeds is {shown(value)}; one is named twice")
        return {"seeds": len(value), "seed_list": value}
    if not _whole(value) or value < 1:
        hint = "write a count of 1 or more (each is derived from --seed), or a list of different seeds"
        raise written.wrong("seeds", f"seeds is {shown(value)}; {hint}")
    return {"seeds": value}


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def shown(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else text[:37] + "..."
