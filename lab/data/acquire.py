"""Bring data in: a built-in by name, a file, a folder saved by `datasets`, or a data set on the Hub."""

from __future__ import annotations

import random
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from lab.data.builtin import BUILTIN, load_builtin
from lab.data.columns import Columns, to_table
from lab.data.files import SUFFIXES, read_file, read_saved
from lab.data.hub import read_hub
from lab.data.table import Table
from state.errors import UserError

MOST_ROWS = 200_000
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(:[\w.-]+)?")


def acquire(
    source: str,
    base_dir: Path,
    columns: Mapping[str, str] | None = None,
    seed: int = 0,
    cache_dir: Path | None = None,
) -> Table:
    """The table that `source` names; a relative path starts at `base_dir`.

    `columns` may name the columns that are `input`, `answer` and `group`; what isn't named is guessed, and
    `Table.notes` says how. `./iris` is a file, `iris` the built-in. `owner/name` or `owner/name:config` is asked from
    the Hub, into `cache_dir`.
    """
    if source in BUILTIN:
        return load_builtin(source, seed)
    path, mode = _find(source, base_dir)
    if stat.S_ISDIR(mode):
        return make_table(path.name, path.name, *read_saved(path), columns, seed)
    if stat.S_ISREG(mode):
        data, origin, notes = read_file(path)
        return make_table(path.stem, origin, data, notes, columns, seed)
    looks_like_path = source.startswith((".", "/", "~")) or Path(source).suffix.lower() in SUFFIXES
    if looks_like_path or not HUB_ID.fullmatch(source):
        raise UserError(
            f"no data at {path}: give an existing file, a Hub id (owner/name), or one of {', '.join(sorted(BUILTIN))}"
        )
    data, origin, notes = read_hub(source, cache_dir)
    return make_table(re.split("[/:]", source)[1], origin, data, notes, columns, seed)


def _find(source: str, base_dir: Path) -> tuple[Path, int]:
    """The path that `source` may be, and what lies there: 0 for nothing that can be reached."""
    path = base_dir / source
    try:
        path = base_dir / Path(source).expanduser()
        return path, path.stat().st_mode
    except (OSError, RuntimeError, ValueError):  # no such file or user, or no path at all
        return path, 0


def make_table(
    name: str, origin: str, data: Columns, notes: list[str], columns: Mapping[str, str] | None, seed: int
) -> Table:
    """At most `MOST_ROWS` of the rows, as a table."""
    n = min(map(len, data.values()), default=0)
    if n == 0:
        raise UserError(f"{name} has no rows: nothing can be learnt from it")
    if n > MOST_ROWS:
        kept = sorted(random.Random(f"acquire:{seed}").sample(range(n), MOST_ROWS))
        data = {column: [values[each] for each in kept] for column, values in data.items()}
        notes = [*notes, f"kept {MOST_ROWS} of {n} rows, drawn at random with seed {seed}"]
    return to_table(name, origin, data, columns or {}, notes)
