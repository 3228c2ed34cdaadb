"""The audit command on planted and healthy splits from a hand that had not seen the detectors."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.planted import edges, shown, unseen
from tests.planted.ask import ask, audit, audit_wrongs, edge_wrongs
from tests.planted.case import Case

Build = Callable[[Path], Case]
CASES = {
    f"{half}:{name}": build
    for half, shelf in (
        ("shown", shown.AUDIT), ("shown", shown.HEALTHY), ("unseen", unseen.AUDIT), ("unseen", unseen.HEALTHY),
    )
    for name, build in shelf.items()
}  # fmt: skip


MISSED = {
    "unseen:overlap_two_changes_at_once": "rows reordered and edited at once are found in part",
    "unseen:proxy_words_for_classes": "several words for each class only warn: an honest feature may be as pure",
    "unseen:proxy_of_a_number": "a noisy copy of a quantity stays below the threshold that spares lagged features",
    "unseen:proxy_signature_in_text": "several words that together mark a class are not put together",
}
"""What the detectors are known not to find; when one is found after all, its test says so."""


def marks(name: str) -> tuple[pytest.MarkDecorator, ...]:
    slow = (pytest.mark.slow,) if name.startswith("unseen") else ()
    missed = (pytest.mark.xfail(strict=True, reason=MISSED[name]),) if name in MISSED else ()
    return (*slow, *missed)


def complain(name: str, wrongs: list[str]) -> None:
    """Fail with all that is wrong; of the unseen half only with its sort, so that nobody tunes to it."""
    if wrongs:
        pytest.fail(
            "; ".join(w.split(":")[0] for w in wrongs) if name.startswith("unseen") else "\n".join(wrongs),
            pytrace=False,
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(each, marks=marks(each)) for each in CASES])
def test_audit_finds_what_is_there_and_cries_at_nothing_else(name: str, tmp_path: Path) -> None:
    case = CASES[name](tmp_path)
    complain(name, audit_wrongs(case, audit(case)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "code"), [("shown:overlap_exact", 1), ("shown:healthy_iris_0", 0), ("shown:boilerplate_letters", 0)]
)
def test_audit_as_a_process(name: str, code: int, tmp_path: Path) -> None:
    """As a person runs it: one JSON object on stdout, the exit code, nothing else there."""
    case = CASES[name](tmp_path)
    words = [sys.executable, "-m", "app", "audit", str(case.train), str(case.test), *case.options, "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == code, done.stderr
    assert json.loads(done.stdout)["verdict"] in case.verdict


@pytest.mark.parametrize(
    "name",
    [
        "shown:overlap_exact",
        "shown:overlap_edit",
        "shown:overlap_embedded",
        "shown:group_named",
        pytest.param("unseen:group_recordings", marks=pytest.mark.slow),
    ],
)
def test_a_repaired_split_is_no_longer_leaking(name: str, tmp_path: Path) -> None:
    case = CASES[name](tmp_path)
    out = tmp_path / "repaired"
    words = [w for w in case.options if w != "--json"]
    first = ask(["audit", str(case.train), str(case.test), *words, "--fix", str(out), "--json"])
    assert first.said["verdict"] == "leaking"
    train, test = (next(iter(sorted(out.glob(f"{side}.*")))) for side in ("train", "test"))
    again = ask(["audit", str(train), str(test), *words, "--json"])
    assert again.said["verdict"] != "leaking", again.said["findings"]
    if name.startswith("shown:overlap"):
        assert again.said["rows"]["test"] == first.said["rows"]["test"], (
            "copies are taken from training, not from the test"
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", edges.AUDITS)
def test_audit_answers_or_refuses_clearly_at_the_edges(name: str, tmp_path: Path) -> None:
    complain(name, edge_wrongs(ask(edges.AUDITS[name](tmp_path))))
