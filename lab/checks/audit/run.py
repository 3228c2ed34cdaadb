"""The whole audit of a split: texts compared in one pass over train, tables looked at, scripts read, one verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.checks.audit.benchmark import contaminated, texts_in
from lab.checks.audit.load import joined, load, texts_of
from lab.checks.audit.report import KINDS, AuditReport, report
from lab.checks.parts import Looked, Part, Roles, Table
from lab.checks.tables.fewshot import EXAMPLES
from state.errors import UserError

if TYPE_CHECKING:
    from lab.checks.overlap.grade import Grade
    from lab.checks.overlap.result import Overlap

GRADES: Mapping[str, tuple[Grade, ...]] = {
    "exact_duplicate": ("exact",), "near_duplicate": ("near", "paraphrase"), "contained_text": ("contained",),
}  # fmt: skip
TEST_TEXTS = 100_000
"""Test rows compared at most: their index lies in memory."""

Tell = Callable[[str, int], None]
"""What is being done, and how many rows of it are done."""


@dataclass(frozen=True)
class Sides:
    """Both parts, and their rows in memory."""

    train: Part
    test: Part
    tables: tuple[Table, Table]
    roles: Roles
    seed: int


def audit(
    train: Part, test: Part, roles: Roles, scripts: Mapping[str, str] | None = None,
    benchmarks: Mapping[str, Part] | None = None, tell: Tell | None = None, seed: int = 0,
    test_files: Sequence[str] = (),
) -> AuditReport:  # fmt: skip
    """Everything that can be found in the split by code; nothing is changed. No script may train on the test files."""
    from lab.checks.tables.all import look

    say = tell or _silent
    if strangers(train, test):
        return _apart(train, test, roles, scripts or {}, benchmarks or {}, say, test_files)
    notes = _common(train, test, roles)
    both = _loaded(train, test, roles, say)
    sides = Sides(train, test, both, roles, seed)
    notes += [f"{len(each):,} of {each.total:,} {part.name} rows were read for the checks of tables, evenly chosen"
              for each, part in zip(both, (train, test), strict=True) if len(each) < each.total]  # fmt: skip
    if roles.text and len(both[1]) > TEST_TEXTS:
        compared = len(_thinned(both[1], TEST_TEXTS))
        notes.append(f"{compared:,} of {both[1].total:,} test texts were compared with train, evenly chosen")
    looked, copies = _texts(sides, say)
    if not roles.text and not roles.image and texts_in(train, roles) and texts_in(test, roles):
        benchmarks = {**(benchmarks or {}), "the test": test}
    for name, part in (benchmarks or {}).items():
        answer, rows = contaminated(train, part, name, roles, say)
        looked.append(answer)
        copies.setdefault("contamination", []).extend(rows)
    if not benchmarks:
        looked.append(Looked("contamination", not_run="no benchmark was named"))
    say("tables", 0)
    looked += look(*both, roles, seed)
    looked += _scripts(sides, scripts or {}, test_files)
    counts = {"train": both[0].total, "test": both[1].total}
    return report(looked, counts, roles, notes, {kind: sorted(set(rows)) for kind, rows in copies.items()})


def columns_of(part: Part, roles: Roles) -> list[str]:
    """The columns that some check reads."""
    single = [name for name in (roles.label, roles.id, roles.group, roles.time) if name]
    shots = [name for name in part.columns if EXAMPLES.search(name)]
    wanted = dict.fromkeys([*roles.text, *roles.image, *roles.features, *single, *shots])
    return [name for name in wanted if name in part.columns]


def strangers(train: Part, test: Part) -> bool:
    """Have the two sides no column in common? Their texts can be compared then, or else nothing can."""
    if set(train.columns) & set(test.columns):
        return False
    if not (texts_in(train) and texts_in(test)):
        raise UserError(
            f"train and test have no column in common ({_few(train.columns)} / {_few(test.columns)}), and no texts to compare "
            "instead: rename the columns of one side"
        )
    return True


def _apart(
    train: Part, test: Part, roles: Roles, scripts: Mapping[str, str], benchmarks: Mapping[str, Part], say: Tell,
    test_files: Sequence[str],
) -> AuditReport:  # fmt: skip
    """Two sides without a column in common: the texts of one are looked for in those of the other, as of a benchmark."""
    from lab.checks.scripts.scan import scan

    looked, copies = [], []
    for name, part in {"the test": test, **benchmarks}.items():
        answer, rows = contaminated(train, part, name, Roles(), say)
        looked.append(answer)
        copies += rows
    looked += scan(scripts, test_files)
    unseen = "train and test have no column in common: only the texts of whole rows were compared"
    looked += [Looked(kind, not_run=unseen) for kind in KINDS if kind not in {each.kind for each in looked}]
    counts = {part.name: part.rows or sum(len(next(iter(each.values()), ())) for each in part.batches(part.columns[:1]))
              for part in (train, test)}  # fmt: skip
    note = f"train has {_few(train.columns)}, test has {_few(test.columns)}: {unseen}"
    return report(looked, counts, roles, [note], {"contamination": sorted(set(copies))})


def _common(train: Part, test: Part, roles: Roles) -> list[str]:
    """What is said of columns that only one side has."""
    alone = [(part.name, [name for name in part.columns if name not in other.columns])
             for part, other in ((train, test), (test, train))]  # fmt: skip
    return [f"only {name} has {_few(names)}: not compared" for name, names in alone if names and names != [roles.label]]


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8:,} more" if len(names) > 8 else "")


def _loaded(train: Part, test: Part, roles: Roles, say: Tell) -> tuple[Table, Table]:
    found = []
    for part in (train, test):
        wanted = columns_of(part, roles) or list(part.columns)[:1]
        table = load(part, wanted, texts=roles.text, tell=lambda rows, part=part: say(f"read {part.name}", rows))  # type: ignore[misc]
        if not table.total:
            raise UserError(f"{part.name} has no rows: give a file with rows")
        found.append(table)
    return found[0], found[1]


def _texts(sides: Sides, say: Tell) -> tuple[list[Looked], dict[str, list[int]]]:
    """What the overlap of the texts says, with its size measured; and the train rows of every copy."""
    from lab.checks.audit.rescore import with_inflation
    from lab.checks.overlap.find import find_overlap, looked

    roles, (_, held) = sides.roles, sides.tables
    if not roles.text:
        return [Looked(kind, not_run="no column holds texts") for kind in ("contained_text", "boilerplate")], {}
    table = held if len(held) <= TEST_TEXTS else _thinned(held, TEST_TEXTS)
    texts = joined([table.columns[name] for name in roles.text])
    overlap = find_overlap(texts, texts_of(sides.train, roles.text), tell=lambda rows: say("compare texts", rows))
    answers, copies = [], {}
    for each in looked(overlap):
        grades = GRADES.get(each.kind, ())
        mine, theirs = _touched(overlap, grades, table)
        numbered = [found.model_copy(update={"examples": _numbered(found.examples, table)}) for found in each.findings]
        if mine and numbered:
            copies[each.kind] = mine
            numbered = [with_inflation(found, mine, theirs, sides.train, sides.tables, roles, sides.seed)
                        for found in numbered]  # fmt: skip
        answers.append(Looked(each.kind, tuple(numbered), each.not_run, each.looked_at))
    return answers, copies


def _thinned(table: Table, most: int) -> Table:
    step = -(-len(table) // most)
    return Table({k: v[::step] for k, v in table.columns.items()}, list(table.index)[::step], table.total)


def _touched(overlap: Overlap, grades: Sequence[Grade], table: Table) -> tuple[list[int], list[int]]:
    """Numbers of all train and test rows of these grades."""
    rows = [overlap.rows[grade] for grade in grades if grade in overlap.rows]
    mine = sorted({int(at) for each in rows for at in each.train})
    return mine, sorted({int(table.index[int(at)]) for each in rows for at in each.test})


def _numbered(examples: Sequence[dict[str, Any]], table: Table) -> list[dict[str, Any]]:
    """Places in the sample as numbers of rows."""
    return [{**each, "test": int(table.index[each["test"]])} if "test" in each else each for each in examples]


def _scripts(sides: Sides, scripts: Mapping[str, str], test_files: Sequence[str]) -> list[Looked]:
    from lab.checks.scripts.measure import measured
    from lab.checks.scripts.scan import scan

    found = scan(scripts, test_files)
    return measured(found, *sides.tables, sides.roles, sides.seed) if scripts else found


def _silent(what: str, rows: int) -> None:
    return
