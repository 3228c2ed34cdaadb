"""A benchmark's items are found in train whatever their columns and forms; other items of its kind are not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.checks.audit.run import audit
from lab.checks.parts import Roles
from lab.data.stream import open_part

Row = dict[str, Any]
PARTS = ("lan", "mor", "pel", "quin", "tar", "ves", "zol", "brik", "do", "fen", "gu", "hax")
NOUNS = [a + b + c for a in PARTS for b in PARTS for c in ("ern", "id", "oka", "ume", "ast")]


def exam(rng: random.Random) -> Row:
    def words(count: int) -> str:
        return " ".join(rng.choice(NOUNS) for _ in range(count))

    return {"question": f"When the {words(6)}, what does the {words(2)} do?", "choices": [words(4) for _ in range(4)],
            "answer": rng.randrange(4)}  # fmt: skip


def chat(item: Row) -> Row:
    listed = "\n".join(f"({i}) {each}" for i, each in zip("1234", reversed(item["choices"]), strict=True))
    turns = [("system", "Be brief."), ("user", f"{item['question']}\n{listed}"), ("assistant", "It is (2).")]
    return {"messages": [{"role": who, "content": said} for who, said in turns]}


def prose(item: Row) -> Row:
    return {
        "body": f"From my notebook. {item['question']} I learnt: {item['choices'][item['answer']]}. So much for today."
    }


def short(item: Row) -> Row:
    """Only the choices tell the items apart."""
    return {"body": f"Which is right? {' / '.join(item['choices'])}"}


def write(path: Path, rows: list[Row]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("form", [chat, prose, short])
@pytest.mark.parametrize("planted", [0, 15])
def test_items_are_found_in_other_columns(form: Callable[[Row], Row], planted: int, tmp_path: Path) -> None:
    rng = random.Random(5)
    items, others = [exam(rng) for _ in range(60)], [exam(rng) for _ in range(200)]
    if form is short:
        items = [item | {"question": "Which is right?"} for item in items]
    rows = [form(each) for each in (*others, *items[:planted])]
    found = audit(open_part(write(tmp_path / "train.jsonl", rows), "train"),
                  open_part(write(tmp_path / "test.jsonl", items), "test"), Roles())  # fmt: skip
    assert found.verdict == ("leaking" if planted else "clean"), found.findings
    if planted:
        (said,) = found.findings
        assert said.kind == "contamination" and said.count == planted
        assert sorted(found.copies["contamination"]) == list(range(200, 200 + planted))
    else:
        assert {each.kind for each in found.looked if not each.not_run} == {"contamination"}
