"""Which column is what, from a look at some rows of both sides; every guess carries its reason, so that it can be told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from lab.data.stream import listed
from lab.data.table import LONGEST_LABEL, as_number
from state.errors import UserError

Columns = dict[str, list[Any]]
Named = Mapping[str, Sequence[str]]

LABELS = ("label", "labels", "target", "targets", "class", "answer", "answers", "y", "category", "sentiment", "output",
          "completion", "response", "solution", "gold", "outcome", "diagnosis", "species")  # fmt: skip
OPEN = ("answer", "answers", "output", "completion", "response", "solution", "gold", "target", "targets")
"""Labels that may be texts of their own."""
ASKED = ("text", "prompt", "question", "sentence", "instruction", "problem", "query", "input", "title", "review", "tweet",
         "comment", "premise", "hypothesis", "document", "article", "code")  # fmt: skip
"""Columns of texts even where these are short, like sums to work out."""
IDS = ("id", "ids", "idx", "uid", "uuid", "guid", "index", "key", "")
OWNERS = ("user", "patient", "subject", "author", "session", "speaker", "group", "customer", "client", "person",
          "participant", "family", "household", "student", "document", "doc", "writer", "reviewer", "account", "owner",
          "donor", "animal", "conversation", "thread", "dialog", "video", "recording")  # fmt: skip
PLACES = ("site", "device", "machine", "hospital", "source_id", "case", "batch", "plate", "slide", "scene", "location",
          "store", "url", "domain", "repo")  # fmt: skip
"""Owners of rows when there are many of them; of a few, like sites, a model may know each: a category."""
MANY_PLACES = 50
TIMES = ("time", "date", "datetime", "timestamp", "created", "published", "posted", "year", "month", "day", "when",
         "epoch", "ts", "updated", "at")  # fmt: skip
EPOCH = (1e8, 4e9)
"""Seconds since 1970 between 1973 and 2096; milliseconds are a thousand times more."""
YEARS = (1500, 2200)
CLASSES = 50
TEXT_LENGTH, TEXT_WORDS = 20, 3
"""Mean letters and words from which a column holds texts, not names: a name of a thing has fewer of both."""
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
UNSPACED_LENGTH = 6
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\x00", b"MM\x00*")
PICTURE_FILE = re.compile(r"\.(png|jpe?g|gif|bmp|webp|tiff?)$", re.IGNORECASE)
SHORT_NAME = 64
"""Letters of the longest value of a feature of few words."""


@dataclass(frozen=True)
class Guess:
    """What each column is for; `why` has the reason for every role that was not named."""

    text: tuple[str, ...] = ()
    label: str | None = None
    id: str | None = None
    group: str | None = None
    time: str | None = None
    image: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    why: Mapping[str, str] = field(default_factory=dict)


def guess_roles(train: Columns, test: Columns, named: Named | None = None) -> Guess:
    """Roles of the columns that both sides have; what the person named is taken as said."""
    named = {role: tuple(names) for role, names in (named or {}).items() if names}
    both = [name for name in train if name in test]
    if not both:
        raise UserError(f"train and test have no column in common ({listed(list(train), 8)} / {listed(list(test), 8)})")
    _known(train, test, named)
    values = {name: _filled(train[name]) + _filled(test.get(name, [])) for name in train}
    why: dict[str, str] = {}
    taken = {name for names in named.values() for name in names}
    free = [name for name in both if name not in taken]

    image = tuple(name for name in free if _is_picture(values[name]))
    if image:
        why["image"] = "holds pictures or names of picture files"
    texts = tuple(name for name in free if name not in image and _is_text(values[name], name.strip().lower() in ASKED))
    time = _one(named, "time") or _first(_time(name, values[name]) for name in free)(why, "time")
    rest = [name for name in free if name not in image and name != time]
    id_ = _one(named, "id") or _first(_id(name, values[name]) for name in rest if name not in texts)(why, "id")
    rest = [name for name in rest if name != id_]
    group = _one(named, "group") or _first(_group(name, values[name]) for name in rest if name not in texts)(
        why, "group"
    )
    rest = [name for name in rest if name != group]
    alone = [name for name in train if name not in test]
    label = _one(named, "label") or _label([*rest, *alone], values, texts, why)
    text = tuple(named.get("text", ())) or tuple(name for name in texts if name in rest and name != label)
    if text and "text" not in named:
        why["text"] = f"sentences, {_mean_length(values[text[0]]):.0f} letters on average"
    aside = {*text, *texts, *image, label, *(name for role in ("id", "group", "time") for name in named.get(role, ()))}
    features = tuple(name for name in both if name not in aside and _is_feature(values[name]))
    return Guess(text, label, id_, group, time, image, features, why)


def _known(train: Columns, test: Columns, named: Named) -> None:
    for role, names in named.items():
        for name in names:
            for side, columns in (("train", train), ("test", test)):
                if name not in columns and not (role == "label" and side == "test"):  # a test may come without answers
                    raise UserError(f"--{role} {name}: {side} has no such column; it has {listed(list(columns))}")


def _one(named: Named, role: str) -> str | None:
    return next(iter(named.get(role, ())), None)


def _first(found: Any) -> Any:
    """The first guess there is, noted with its reason."""

    def note(why: dict[str, str], role: str) -> str | None:
        guess = next((each for each in found if each is not None), None)
        if guess is None:
            return None
        why[role] = guess[1]
        return str(guess[0])

    return note


def _filled(values: Sequence[Any]) -> list[Any]:
    return [value for value in values if value is not None and value != "" and value == value]


def _words(name: str) -> list[str]:
    """patientId, patient-id and PATIENT_ID are all patient, id."""
    return re.findall(r"[a-z]+|\d+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())


def _is_picture(values: Sequence[Any]) -> bool:
    few = values[:50]
    return bool(few) and all(map(_picture, few))


def _picture(value: Any) -> bool:
    if isinstance(value, dict):
        inside = value.get("bytes") or value.get("path")
        return "bytes" in value and _picture(inside) if inside else False
    if isinstance(value, bytes):
        return value.startswith(PICTURES)
    return isinstance(value, str) and len(value) < 500 and PICTURE_FILE.search(value) is not None


def _is_text(values: Sequence[Any], asked: bool = False) -> bool:
    """Strings with words in them, long enough on average, most of them different."""
    strings = [value if isinstance(value, str) else _said(value) for value in values if isinstance(value, str | list)]
    if not strings or len(strings) < 0.9 * len(values):
        return False
    length = sum(map(len, strings)) / len(strings)
    if len(set(strings)) <= min(CLASSES, len(strings) / 10) and length < LONGEST_LABEL:
        return False
    if length >= UNSPACED_LENGTH and sum(bool(UNSPACED.search(each)) for each in strings) > len(strings) / 2:
        return True
    words = sum(len(each.split()) for each in strings) / len(strings)
    if asked and words >= 2 and _moments(strings) < 0.9:
        return True
    return length >= TEXT_LENGTH and words >= TEXT_WORDS and _moments(strings) < 0.9


def _said(messages: list[Any]) -> str:
    """What is said in a list of messages, or of texts; nothing if it is neither."""
    found = [each.get("content", each.get("value")) if isinstance(each, dict) else each for each in messages]
    return "\n".join(each for each in found if isinstance(each, str))


def _mean_length(values: Sequence[Any]) -> float:
    return sum(len(_said(value) if isinstance(value, list) else str(value)) for value in values) / max(1, len(values))


def _moments(values: Sequence[Any]) -> float:
    """Share of the values that spell a date."""
    few = values[:: max(1, len(values) // 200)]
    return sum(_is_moment(value) for value in few) / max(1, len(few))


def _is_moment(value: Any) -> bool:
    if isinstance(value, date | datetime):
        return True
    if not isinstance(value, str) or not 8 <= len(value.strip()) <= 35 or as_number(value) is not None:
        return False
    try:
        datetime.fromisoformat(value.strip())
    except ValueError:
        return re.fullmatch(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?:[ T]\d{1,2}:\d{2}.*)?", value.strip()) is not None
    return True


def _time(name: str, values: Sequence[Any]) -> tuple[str, str] | None:
    if len(set(map(str, values))) < 2:
        return None
    if _moments(values) >= 0.95:
        return name, "its values are dates"
    if not set(_words(name)) & set(TIMES):
        return None
    numbers = _numbers(values)
    if not numbers:
        return None
    low, high = min(numbers), max(numbers)
    if (EPOCH[0] <= low and high <= EPOCH[1]) or (1000 * EPOCH[0] <= low and high <= 1000 * EPOCH[1]):
        return name, "named like a moment, its values are seconds since 1970"
    if "year" in _words(name) and YEARS[0] <= low and high <= YEARS[1] and all(each % 1 == 0 for each in numbers):
        return name, "named like a year, its values are years"
    return None


def _numbers(values: Sequence[Any]) -> list[float]:
    """The values as numbers; empty when one is none."""
    found = [as_number(str(value)) if isinstance(value, str | int | float) else None for value in values]
    return [] if None in found else [each for each in found if each is not None]


def _id(name: str, values: Sequence[Any]) -> tuple[str, str] | None:
    """Named like an id, and hardly a value twice: an id that repeats names a group."""
    words = _words(name) or [""]
    plain = all(isinstance(value, str | int) for value in values)
    owner = set(words) & {*OWNERS, *PLACES}
    called = words[-1] in IDS or name.strip().lower() in ("unnamed: 0", "__index_level_0__", "rowid", "no", "nr")
    if not (called and plain and values):
        return None
    repeats = 1 - len(set(map(str, values))) / len(values)
    if repeats > (0.0 if owner else 0.5):
        return None
    return name, "named like an id" + (", hardly a value twice" if repeats < 0.05 else "")


def _group(name: str, values: Sequence[Any]) -> tuple[str, str] | None:
    """Named like an owner of rows, with values that repeat."""
    words = _words(name)
    plain = all(isinstance(value, str | int) for value in values)
    known = {*OWNERS, *PLACES}
    if not (set(words) & known and plain and values):
        return None
    only_owner = all(
        word in known or word in ("id", "ids", "name", "no", "nr", "key", "code", "hash") for word in words
    )
    distinct = len(set(map(str, values)))
    least = 3 if set(words) & set(OWNERS) else MANY_PLACES
    if not only_owner or distinct < least or distinct > 0.9 * len(values):
        return None
    return name, f"named like an owner of rows, {distinct:,} values for {len(values):,} rows"


def _label(
    free: Sequence[str], values: Mapping[str, list[Any]], texts: Sequence[str], why: dict[str, str]
) -> str | None:
    by_name = {name.strip().lower(): name for name in free}
    for wanted in LABELS:
        name = by_name.get(wanted)
        if name is None or (name in texts and (wanted not in OPEN or len(texts) < 2)):
            continue
        if values[name] and not isinstance(values[name][0], dict | list | bytes):
            why["label"] = "named like an answer"
            return name
    for name in (each for each in reversed(free) if values[each]):
        distinct = len({str(value) for value in values[name]})
        few = 2 <= distinct <= min(CLASSES, max(2, len(values[name]) // 10))
        if name not in texts and few and _is_feature(values[name]) and not _fractions(values[name]):
            why["label"] = f"the last column with few values ({distinct})"
            return name
    return None


def _fractions(values: Sequence[Any]) -> bool:
    return any(number % 1 for number in _numbers(values))


def _is_feature(values: Sequence[Any]) -> bool:
    """Single values: numbers, or words short enough to be names."""
    return all(
        isinstance(value, int | float | date) or (isinstance(value, str) and len(value) <= SHORT_NAME)
        for value in values[:2000]
    )
