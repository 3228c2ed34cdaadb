"""Whether train holds items of a benchmark, in whatever columns and forms: chats, prose, question and answer in one text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lab.checks.audit.items import items, row_texts, texty
from lab.checks.audit.load import joined, load
from lab.checks.parts import Looked, Part, Roles
from state.products import Finding

MOST_ITEMS = 100_000
"""Items compared at most: their index lies in memory."""
GLANCE = 500
"""Rows of train read to see which of its columns hold texts."""
SHOWN = 20
WEIGHT = {"block": 0, "warn": 1, "info": 2}

Tell = Callable[[str, int], None]


def contaminated(train: Part, benchmark: Part, name: str, roles: Roles, say: Tell) -> tuple[Looked, list[int]]:
    """What is found of the benchmark in train, and the numbers of the train rows that hold it."""
    from lab.checks.overlap.find import contamination, find_overlap

    columns = texts_in(train, roles)
    if not columns:
        return Looked("contamination", not_run="train has no text to look for the benchmark in"), []
    same = [each for each in roles.text if each in benchmark.columns]
    raw = load(benchmark, list(benchmark.columns), most_rows=MOST_ITEMS)
    views = items(raw)
    if same and "messages" not in same:
        views = {"text": joined([raw.columns[each] for each in same])} | {k: v for k, v in views.items() if k != "row"}
    if not views:
        return Looked("contamination", not_run=f"{name} holds no text"), []
    answers, rows, tests = [], set[int](), set[int]()
    for view, texts in _different(views).items():
        places = [at for at, text in enumerate(texts) if text.strip()]
        overlap = find_overlap([texts[at] for at in places], _stream(train, columns),
                               tell=lambda seen, view=view: say(f"compare {name} ({view})", seen))  # type: ignore[misc]  # fmt: skip
        answer = contamination(overlap, name)
        numbers = [int(raw.index[at]) for at in places]
        for found in answer.findings:
            shown = [{**each, "test": numbers[each["test"]]} if "test" in each else each for each in found.examples]
            answers.append((view, found.model_copy(update={"examples": shown})))
        tests |= {numbers[int(at)] for at in overlap.real}
        rows |= {int(at) for grade, touched in overlap.rows.items() if grade != "template" for at in touched.train}
    looked_at = (
        f"{len(raw):,} items of {name} ({', '.join(views)}) against the columns {', '.join(columns[:8])} of train"
    )
    if len(raw) < raw.total:
        looked_at += f"; evenly chosen of {raw.total:,}"
    said = _merged(answers, len(tests), len(raw), name)
    return Looked("contamination", (said,) if said else (), looked_at=looked_at), sorted(rows)


def texts_in(part: Part, roles: Roles | None = None) -> list[str]:
    """The columns of a part that hold texts, single, in lists or in conversations."""
    aside = set(roles.image) if roles else set()
    names = [name for name in part.columns if name not in aside]
    known = [name for name in (roles.text if roles else ()) if name in part.columns]
    found = texty(load(part, names, most_rows=GLANCE, stop_at=GLANCE)) if names else []
    return list(dict.fromkeys([*known, *found]))


def _stream(part: Part, columns: Sequence[str]) -> Iterator[list[str]]:
    for batch in part.batches(columns):
        yield row_texts([batch[name] for name in columns])


def _different(views: dict[str, list[str]]) -> dict[str, list[str]]:
    """Each view once: the same texts need not be looked for again."""
    kept: dict[str, list[str]] = {}
    for name, texts in views.items():
        if texts not in kept.values():
            kept[name] = texts
    return kept


def _merged(answers: Sequence[tuple[str, Finding]], count: int, of: int, name: str) -> Finding | None:
    """One finding of all views: the gravest first, every item counted once."""
    if not answers:
        return None
    ordered = sorted(answers, key=lambda each: (WEIGHT[each[1].severity], -each[1].count))
    examples = list({each["test"]: each for _, found in ordered for each in found.examples}.values())[:SHOWN]
    why = f"{count:,} of {of:,} items of {name} are in train: " + "; ".join(
        f"by {view}: {found.why}" for view, found in ordered
    )
    return ordered[0][1].model_copy(update={"count": count, "share": count / of, "why": why, "examples": examples})
