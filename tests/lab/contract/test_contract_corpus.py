"""The corpus: scripts as strong and weak models write them. None that is healthy is refused; each fault is found at its line."""

from __future__ import annotations

import ast

import pytest
from contract_corpus import HERE, Edit, Written, edits, written

from lab.checks.contract.calls import asked_names
from lab.checks.contract.check import check_script
from lab.checks.contract.fault import Contract
from lab.checks.contract.scopes import Script
from lab.checks.contract.signatures import Here

pytestmark = pytest.mark.slow

WHOLE = sorted(path.stem for path in (HERE / "corpus").glob("*.txt"))
HONEST = list(edits("corpus_honest.edits"))
FAULTS = list(edits("corpus_faults.edits"))
WARNED = {"generator literal", "range", "requests"}
"""Told, and not refused: each may be meant."""
UNSEEN = {
    "dataset method", "command not registered", "pandas frame", "normalised prefix", "answers in predict", "async row",
    "collate row", "datasets module alias",
}  # fmt: skip
"""What only a run shows."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Here:
    """All that the scripts ask for is looked up at once: torch and trl are slow to import."""
    known = Here(tmp_path_factory.mktemp("cache"), seconds=280)
    scripts = [*(written(name).source for name in WHOLE), *(e.after.source for e in (*HONEST, *FAULTS))]
    known.look([name for source in scripts for name in names_in(source)])
    return known


def names_in(source: str) -> list[str]:
    try:
        return asked_names(Script(ast.parse(source)))
    except SyntaxError:
        return []


def check(script: Written, here: Here) -> Contract:
    return check_script(
        script.source, config=script.config, columns=script.columns, files=script.files, installed=here
    )  # fmt: skip


def cases(names: list[tuple[str, str, object]]) -> list[object]:
    """Those that train with torch need the extra."""
    return [
        pytest.param(case, marks=[pytest.mark.train] if "torch" in source else [], id=n) for n, source, case in names
    ]


@pytest.mark.parametrize("name", cases([(name, written(name).source, name) for name in WHOLE]))
def test_a_healthy_script_is_not_refused(name: str, here: Here) -> None:
    found = check(written(name), here)
    assert [str(fault) for fault in found.must_mend] == []
    assert not found.not_run


@pytest.mark.parametrize("edit", cases([(edit.name, edit.after.source, edit) for edit in HONEST]))
def test_no_way_of_writing_it_is_refused(edit: Edit, here: Here) -> None:
    assert edit.after.source != edit.before.source
    assert [str(fault) for fault in check(edit.after, here).must_mend] == []


@pytest.mark.parametrize(
    "edit", cases([(edit.name, edit.after.source, edit) for edit in FAULTS if edit.name not in UNSEEN])
)
def test_a_fault_is_found_at_its_line(edit: Edit, here: Here) -> None:
    kind, line, words = (field.strip() for field in edit.fields)
    found = check(edit.after, here)
    rows = edit.after.source.splitlines()
    told = found.warnings if edit.name in WARNED else found.must_mend
    hits = [f for f in told if f.kind == kind and words in str(f) and (not line or line in rows[f.line - 1])]
    assert hits, [str(fault) for fault in found.faults]
    assert all(fault.remedy for fault in hits)
