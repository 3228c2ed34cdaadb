"""Money: set aside at its worst, settled to the truth, each job once however often a stage is made again."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.ledger.ledger import Ledger

JOBS = ["r/e001/1", "r/e001/2", "r/e002/1"]
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "settle"]),
        st.sampled_from(JOBS),
        st.floats(0, 10, allow_nan=False),
        st.floats(0, 1, allow_nan=False),
    ),
    max_size=12,
)


def test_what_is_reserved_is_not_free_and_what_is_settled_is_what_it_took(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl", budget=5.0)
    assert ledger.reserve("a", "train", 60, 3.0).fits
    refused = ledger.reserve("b", "train", 60, 3.0)
    assert not refused.fits
    assert "$2.00 of $5.00 is left" in refused.why
    ledger.settle("a", 20, 1.0)
    assert ledger.reserve("b", "train", 60, 3.0).fits
    spent = ledger.spent()
    assert (spent.usd, spent.reserved_usd, spent.job_seconds, spent.jobs) == (1.0, 3.0, 20.0, 2)


def test_a_price_that_nobody_knows_never_fits(tmp_path: Path) -> None:
    answer = Ledger(tmp_path / "ledger.jsonl", budget=None).reserve("a", "train", 60, None)
    assert not answer.fits
    assert "not known" in answer.why


def test_without_a_budget_anything_with_a_price_fits(tmp_path: Path) -> None:
    assert Ledger(tmp_path / "ledger.jsonl").reserve("a", "train", 60, 1e6).fits


def test_the_last_cent_may_be_spent(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl", budget=0.3)
    assert all(ledger.reserve(name, "train", 1, 0.1).fits for name in "abc")
    assert not ledger.reserve("d", "train", 1, 0.1).fits


@given(ACTS)
def test_acts_made_twice_count_once(acts: list[tuple[str, str, float, float]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        once, twice = Ledger(Path(folder) / "once.jsonl", 2.0), Ledger(Path(folder) / "twice.jsonl", 2.0)
        for act, job, seconds, usd in acts:
            for ledger, times in ((once, 1), (twice, 2)):
                for _ in range(times):
                    if act == "reserve":
                        ledger.reserve(job, "train", seconds, usd)
                    else:
                        ledger.settle(job, seconds, usd)
        assert once.spent() == twice.spent()


@given(ACTS)
def test_what_is_set_aside_never_goes_beyond_the_budget(acts: list[tuple[str, str, float, float]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger.jsonl", 1.5)
        for _, job, seconds, usd in acts:
            ledger.reserve(job, "train", seconds, usd)
            assert ledger.spent().reserved_usd <= 1.5 + 1e-6


@pytest.mark.parametrize("torn", [2, 10, 30])
def test_a_torn_line_is_an_act_that_did_not_happen(tmp_path: Path, torn: int) -> None:
    path = tmp_path / "ledger.jsonl"
    Ledger(path).reserve("a", "train", 60, 1.0)
    Ledger(path).reserve("b", "train", 60, 1.0)
    path.write_bytes(path.read_bytes()[:-torn])
    assert Ledger(path).spent().reserved_usd == 1.0
    assert Ledger(path).reserve("b", "train", 60, 1.0).fits
    assert Ledger(path).spent().reserved_usd == 2.0
