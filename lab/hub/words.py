"""What was found, in a few lines: facts first, then what they are facts of. Long cells are cut, with a word."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lab.hub.columns import cut
from lab.hub.dataset import Look
from lab.hub.files import MOST_DISCUSSIONS, Discussion, Preview, Text
from lab.hub.model import Model
from lab.hub.repo import File, Repo
from lab.hub.search import Collection

CELL = 400
"""Characters of one cell; dataset_rows shows more of it when asked for fewer rows."""
FILES = 60
SHOWN_SPLITS = 20


def hits(found: Sequence[Repo], what: str) -> str:
    """One line a repository: its id first, to be used next."""
    if not found:
        return f"no {what} fit: use fewer or other words, or drop a filter"
    lines = []
    for repo in found:
        task = repo.more.get("pipeline_tag") or ", ".join(repo.tagged("task_categories")[:3])
        sizes = ", ".join(repo.tagged("size_categories")[:1])
        told = [
            repo.licence or "no licence said",
            task,
            sizes,
            f"{repo.downloads:,} downloads",
            repo.modified,
            _access(repo),
        ]
        lines.append(f"{repo.id}: {'; '.join(filter(None, told))}")
    return "\n".join(lines)


def _access(repo: Repo) -> str:
    return {
        "open": "", "gated": "GATED: its files need its owner's terms accepted", "private": "PRIVATE: seen with your token only",
        "disabled": "DISABLED by the Hub",
    }[repo.access]  # fmt: skip


def collections(found: Sequence[Collection]) -> str:
    if not found:
        return "no collection fits: collections are found by owner, or by an item such as datasets/owner/name"
    return "\n".join(
        f"{each.slug}: {each.title}: {', '.join(f'{kind} {id}' for kind, id in each.items)}" for each in found
    )


def facts(repo: Repo) -> list[str]:
    """What holds of any repository."""
    lines = [
        f"{repo.kind} {repo.id} at {repo.sha}{f', {_access(repo)}' if repo.access != 'open' else ''}",
        f"licence: {repo.licence or 'none said'}; changed {repo.modified or 'at an unknown time'}; "
        f"{repo.downloads:,} downloads; {repo.likes} likes",
    ]
    if repo.files:
        lines.append(f"size: {len(repo.files)} files, {repo.size / 1e6:,.1f} MB")
    for name, key in (
        ("source data", "source_datasets"),
        ("language", "language"),
        ("task", "task_categories"),
        ("rows, as its card says", "size_categories"),
    ):
        if found := repo.tagged(key):
            lines.append(f"{name}: {', '.join(found[:8])}")
    if repo.arxiv:
        lines.append(f"papers (arXiv): {', '.join(repo.arxiv)}")
    return lines


def dataset(found: Look) -> str:
    """A look at one split, with what can be asked next."""
    lines = facts(found.repo)
    others = [config for config in found.configs if config != found.config]
    lines.append(
        f"configuration {found.config}"
        + (f"; others: {', '.join(others[:30])}{' ...' if len(others) > 30 else ''}" if others else "")
    )
    for split, counted in list(found.counts.items())[:SHOWN_SPLITS]:
        rows = (
            f"{counted.rows:,} rows ({counted.how})" if counted.rows is not None else f"rows not counted: {counted.how}"
        )
        lines.append(f"  split {split}: {rows}")
    lines.append(f"columns of {found.split}, over {found.over}:")
    for column in found.columns:
        missing = f", {column.missing} missing" if column.missing else ""
        distinct = f", {column.distinct} different" if column.distinct is not None else ""
        lines.append(f"  {column.name} ({column.type}{missing}{distinct}): {column.spread}")
    lines += _fits(found)
    again = found.repeats
    if again.whole or again.same_text:
        lines.append(
            f"of the first {again.rows} rows {again.whole} are copies of an earlier one; "
            f"{again.same_text} more share their {again.column!r} with an earlier row"
        )
    else:
        lines.append(f"no copies among the first {again.rows} rows")
    lines += [f"note: {note}" for note in found.notes]
    return "\n".join([*lines, "first rows:", rows_as_lines(found.sample, 0, CELL)])


def _fits(found: Look) -> list[str]:
    if not found.fits:
        return ["fits no trainer as it is: it has to be reshaped"]
    return [
        f"fits {' and '.join(each.trainers)} as {each.name} ({', '.join(f'{role}: {column}' for role, column in each.columns.items())})"
        + (f"; first: {each.change}" if each.change else "")
        for each in found.fits
    ]


def rows_as_lines(rows: Sequence[Mapping[str, Any]], start: int, cell: int) -> str:
    """Numbered rows as JSON, cells cut to a length with a word."""
    return "\n".join(
        f"{start + n}: {json.dumps({k: cell_of(v, cell) for k, v in row.items()}, ensure_ascii=False, default=str)}"
        for n, row in enumerate(rows)
    )


def cell_of(value: Any, longest: int) -> Any:
    """A cell as it is if it is short; else its beginning and how much is left out."""
    if isinstance(value, bytes):
        return f"[{len(value)} bytes, not text]"
    if isinstance(value, dict) and isinstance(value.get("bytes"), bytes):
        return f"[{len(value['bytes'])} bytes of a file {value.get('path') or ''}]"
    if isinstance(value, str):
        return cut(value, longest)
    whole = json.dumps(value, ensure_ascii=False, default=str)
    return value if len(whole) <= longest else cut(whole, longest)


def model(found: Model) -> str:
    lines = facts(found.repo)
    size = (
        f"{found.parameters:,} ({found.counted_by}; {', '.join(found.precision)})" if found.parameters else "not known"
    )
    lines.append(f"architecture: {found.architecture or 'not said'}; parameters: {size}")
    lines.append(
        f"task: {found.repo.more.get('pipeline_tag') or 'not said'}; library: {found.repo.more.get('library_name') or 'not said'}"
    )
    template = "with a chat template" if found.chat_template else "no chat template"
    lines.append(f"tokenizer: {', '.join(found.tokenizer) or 'none in it'}; {template}")
    if found.bases:
        lines.append(
            "made from: "
            + ", ".join(f"{base.id}{f' ({base.relation})' if base.relation else ''}" for base in found.bases)
        )
    if found.trained_on:
        lines.append(f"trained on: {', '.join(found.trained_on[:12])}")
    lines.append(
        "weights: "
        + (
            ", ".join(f"{kind} {size / 1e6:,.1f} MB" for kind, size in found.weights.items())
            or "no file known as weights"
        )
    )
    if found.own_code:
        lines.append("it brings code of its own, which would run on loading")
    return "\n".join([*lines, *(f"note: {note}" for note in found.notes)])


def files(listed: Sequence[File], start: int, about: str) -> str:
    shown = listed[start : start + FILES]
    lines = [f"{file.path} ({'size unknown' if file.size is None else f'{file.size:,} bytes'})" for file in shown]
    left = len(listed) - start - len(shown)
    return "\n".join(
        [
            f"{about}: {len(listed)} files",
            *lines,
            *([f"{left} more: ask from {start + len(shown)}"] if left > 0 else []),
        ]
    )


def text(found: Text, about: str) -> str:
    place = f"characters {found.start} to {found.start + len(found.text)} of {found.total}"
    more = f"\n[goes on: ask from {found.after}]" if found.after is not None else ""
    return f"{about}/{found.path} at {found.sha[:12]}, {place}:\n{found.text}{more}"


def preview(found: Preview, start: int) -> str:
    counted = f"{found.count:,} rows ({found.how})" if found.count is not None else f"rows not counted: {found.how}"
    columns = ", ".join(f"{name}: {kind}" for name, kind in found.columns.items())
    return "\n".join(
        filter(None, [f"{found.path} at {found.sha[:12]}: {counted}", columns, rows_as_lines(found.rows, start, CELL)])
    )


def discussions(found: Sequence[Discussion]) -> str:
    if not found:
        return "nobody has opened a discussion there"
    lines = [
        f"{each.number} [{each.status}{', pull request' if each.pull_request else ''}] {each.day} {each.title}"
        for each in found
    ]
    more = [f"[the first {len(found)}; others are read by their number]"] if len(found) == MOST_DISCUSSIONS else []
    return "\n".join(lines + more)


def discussion(found: Discussion) -> str:
    said = "\n".join(f"{author}: {cut(words, 3000)}" for author, words in found.said)
    diff = f"\nits changes:\n{cut(found.diff, 4000)}" if found.pull_request and found.diff else ""
    return f"{found.number} [{found.status}] {found.title}, by {found.author} on {found.day}\n{said}{diff}"
