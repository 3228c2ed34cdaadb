"""The audit finds what was planted and is quiet on healthy data."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.checks.data_checks import audit_rows, fingerprint, repairable
from lab.data.builtin import BUILTIN, load_builtin
from lab.data.curate import Repair, apply_repairs
from lab.data.seal import read_split, seal
from lab.data.split import split
from lab.data.table import Table, make_rows
from state.products import Finding

Rows = list[dict[str, Any]]


def texts(words: list[str], start: int = 0) -> Rows:
    return [
        {"id": f"r{place}", "input": word, "answer": "yes" if place % 2 else "no"}
        for place, word in enumerate(words, start)
    ]


def parts(train: int = 60, held_out: int = 20) -> tuple[Rows, Rows, Rows]:
    rows = texts([f"message number {n} of many" for n in range(train + 2 * held_out)])
    asked = [{"id": row["id"], "input": row["input"]} for row in rows[train:]]
    return rows[:train], asked[:held_out], asked[held_out:]


def numbers(train: int = 100, held_out: int = 100) -> tuple[Rows, Rows, Rows]:
    rows = [
        {"id": f"r{n}", "input": {"a": n / 7, "b": float(n * n % 1009)}, "answer": str(n % 2)}
        for n in range(train + 2 * held_out)
    ]
    asked = [{"id": row["id"], "input": row["input"]} for row in rows[train:]]
    return rows[:train], asked[:held_out], asked[held_out:]


def found(findings: list[Finding]) -> dict[str, str]:
    return {finding.kind: finding.severity for finding in findings}


def test_healthy_rows_give_nothing() -> None:
    assert audit_rows(*parts(), labels=["no", "yes"], kind="text") == []
    assert audit_rows(*numbers(), labels=["0", "1"], kind="tabular") == []


@pytest.mark.parametrize("name", sorted(BUILTIN))
@pytest.mark.parametrize("seed", range(4))
def test_built_ins_are_healthy(name: str, seed: int) -> None:
    table = load_builtin(name, seed)
    by_id = {row["id"]: row for row in table.rows}
    ids = split(table, seed)
    train, validation, sealed = (
        [dict(by_id[each]) for each in ids[part]] for part in ("train", "validation", "sealed")
    )
    findings = audit_rows(train, validation, sealed, labels=table.labels, kind=table.kind)
    assert not [finding for finding in findings if finding.severity == "block"]


@pytest.mark.parametrize("empty", [0, 1, 2])
def test_an_audit_over_nothing_blocks(empty: int) -> None:
    rows = list(parts())
    rows[empty] = []
    assert found(audit_rows(*rows)) == {"empty": "block"}


@pytest.mark.parametrize("change", [str, str.upper, "  {}!! ".format, lambda text: text.replace(" ", "\t")])
@pytest.mark.parametrize("part", [1, 2])
def test_one_planted_twin_of_a_held_out_text_blocks_and_can_be_dropped(change: Any, part: int) -> None:
    rows = parts()
    target = rows[part][4]
    rows[0][7]["input"] = change(target["input"])
    findings = audit_rows(*rows)
    assert found(findings) == {"exact_duplicate": "block"}
    assert findings[0].ids == [target["id"]]
    assert target["input"] not in findings[0].model_dump_json()
    assert repairable(*rows) == {"overlap": ["r7"]}
    rows[0].pop(7)
    assert audit_rows(*rows) == []


def test_few_twins_among_numbers_warn_and_many_block() -> None:
    rows = numbers()
    for place in range(2):
        rows[0][place]["input"] = rows[2][place]["input"]
    assert found(audit_rows(*rows)) == {"exact_duplicate": "warn"}
    for place in range(8):
        rows[0][place]["input"] = rows[2][place]["input"]
    assert found(audit_rows(*rows)) == {"exact_duplicate": "block"}


def test_twins_that_coarse_columns_make_by_chance_do_not_block() -> None:
    def coarse(n: int) -> dict[str, Any]:
        return {"id": f"r{n}", "input": {"a": float(n % 3), "b": "xyz"[n * 7 % 11 % 3]}, "answer": str(n % 2)}

    rows = [coarse(n) for n in range(300)]
    kinds = found(audit_rows(rows[:200], rows[200:250], rows[250:]))
    assert kinds["exact_duplicate"] == "warn"
    assert kinds["label_conflict"] == "warn"


def test_other_faults_are_named() -> None:
    train, validation, sealed = parts()
    train[1]["input"] = train[0]["input"]
    train[3] = {**train[3], "input": train[2]["input"], "answer": train[2]["answer"]}
    train[4]["answer"] = " "
    sealed[0]["input"] = validation[0]["input"]
    kinds = found(audit_rows(train, validation, sealed, labels=["no", "perhaps", "yes"]))
    assert kinds == {
        "held_out_duplicate": "warn", "duplicate": "warn", "label_conflict": "warn", "broken": "warn",
        "missing_class": "warn",
    }  # fmt: skip
    assert repairable(train, validation, sealed) == {"duplicate": ["r3"], "broken": ["r4"]}


def test_mostly_broken_rows_and_a_single_class_block() -> None:
    train, validation, sealed = parts()
    hollow = [{**row, "input": "" if place % 3 else row["input"]} for place, row in enumerate(train)]
    assert found(audit_rows(hollow, validation, sealed)) == {"broken": "block"}
    alike = [{**row, "answer": "yes"} for row in train]
    assert found(audit_rows(alike, validation, sealed, kind="text")) == {"one_class": "block"}
    blind = [{**row, "input": " "} for row in validation]
    assert found(audit_rows(train, blind, sealed)) == {"broken_held_out": "block"}
    assert found(audit_rows(train, [*blind[:3], *validation[3:]], sealed)) == {"broken_held_out": "warn"}


def test_imbalance_and_constant_features() -> None:
    rows = numbers()
    for place, row in enumerate(rows[0]):
        row["answer"] = "seldom" if place < 4 else "common"
        row["input"] = {**row["input"], "same": 1.0}
    assert found(audit_rows(*rows)) == {"imbalance": "warn", "constant_column": "info"}


def test_arithmetic_signs_tell_inputs_apart_and_prose_does_not() -> None:
    sums = ["12+3=", "12-3=", "1+23=", "1.2+3=", "(1+2)*3", "1+2*3"]
    assert len({fingerprint(each) for each in sums}) == len(sums)
    assert fingerprint("What is 12 + 3 ?") == fingerprint("what is  12 + 3")
    assert fingerprint("What is 12 + 3?") != fingerprint("What is 12 - 3?")
    assert fingerprint("costs 3.5") != fingerprint("costs 35")
    assert fingerprint("???") != fingerprint("!!!")
    assert fingerprint({"a": 1, "b": "X "}) == fingerprint({"b": "x", "a": 1.0})


@given(st.lists(st.tuples(st.text(max_size=6), st.text(max_size=3)), min_size=1, max_size=30), st.integers(0, 29))
def test_any_text_is_audited_without_an_accident(pairs: list[tuple[str, str]], cut: int) -> None:
    rows: Rows = [{"id": str(n), "input": text, "answer": answer} for n, (text, answer) in enumerate(pairs)]
    asked = [{"id": row["id"], "input": row["input"]} for row in rows]
    findings = audit_rows(rows, asked, asked[:cut] or asked)
    json.dumps([finding.to_json() for finding in findings])
    if any(row["input"].strip() for row in rows):
        assert found(findings)["exact_duplicate"] == "block"


def test_a_leaky_table_is_mended_and_audited_again(tmp_path: Path) -> None:
    base = load_builtin("tickets", 0)
    copies = [(f"{row['input']} !", row["answer"], None) for row in base.rows[:150]]
    rows = make_rows([*((row["input"], row["answer"], None) for row in base.rows), *copies])
    table = Table("leaky", "text", rows, "test")
    card = seal(table, split(table, 3), tmp_path, 3)

    def audit() -> list[Finding]:
        return audit_rows(
            *(read_split(tmp_path, card, part) for part in ("train", "validation", "sealed")), card.labels
        )

    assert found(audit())["exact_duplicate"] == "block"
    named = repairable(*(read_split(tmp_path, card, part) for part in ("train", "validation", "sealed")))
    card = apply_repairs(tmp_path, card, [Repair(kind, tuple(ids)) for kind, ids in named.items()])
    assert set(card.dropped) == {"overlap", "duplicate"}
    assert not [finding for finding in audit() if finding.severity == "block"]
