"""Recorded TRL trainings, well and sick, made by someone who has not seen the detectors (`python -m bench.sick_runs`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.sick.verdict import Record, in_process, judge, read, recorded

RUNS = Path(__file__).parent / "runs"
ALL = [pair for half in ("tuning", "unseen") for pair in recorded(RUNS / half)]


def some(severity: str) -> pytest.MarkDecorator:
    chosen = [pytest.param(r, s, id=f"{s.parent.name}-{r['name']}") for r, s in ALL if r["severity"] == severity]
    return pytest.mark.parametrize(("record", "stream"), chosen)


@some("stop")
def test_a_broken_run_is_stopped_within_a_quarter_of_its_plan(record: Record, stream: Path) -> None:
    verdict = judge(record, read(stream), in_process)
    assert not verdict.early, "stopped while it was well"
    assert verdict.found, f"sick after {record['onset']} ({record['shows']}); stops: {verdict.stops}"


@some("none")
def test_a_healthy_run_is_left_alone(record: Record, stream: Path) -> None:
    assert judge(record, read(stream), in_process).early == ()


@some("warn")
def test_what_deserves_a_warning_is_not_stopped(record: Record, stream: Path) -> None:
    verdict = judge(record, read(stream), in_process)
    assert not verdict.early
    assert not verdict.stops or record.get("stop_ok")


def test_both_halves_hold_many_shapes() -> None:
    for half in ("tuning", "unseen"):
        records = [r for r, stream in ALL if stream.parent.name == half]
        assert len({r["fault"] for r in records if r["severity"] == "stop"}) >= 10
        assert sum(r["healthy"] for r in records) >= 24
        assert all((r["seed"] >= 100) == (half == "unseen") for r in records)
