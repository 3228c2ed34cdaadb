"""`kill -9` at any moment: the run goes on, nothing is done twice, and the result is the one it would have been."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from kills import Siege, count, processes_of, siege
from running import outcome, say, task, trail

from graph import open_graph
from lab.ledger.journal import history, of_kind
from state.products import Json

RUN = "wine"


def result(home: Path) -> Json:
    """What must not depend on kills."""
    with open_graph(home) as graph:
        seen = graph.get_state(graph.config_for(RUN))
    assert seen.next == ()
    kept = ("ending", "examination", "baseline", "best", "verdict", "card", "bounds", "counters")
    return {key: seen.values[key] for key in kept}


def without_waits(home: Path) -> list[str]:
    stages = trail(home, RUN)
    return [stage for at, stage in enumerate(stages) if stage != "monitoring" or stages[at - 1] != "monitoring"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Json, list[str]]:
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    with open_graph(home) as graph:
        assert outcome(say(graph, RUN, task(RUN))) == "target_met"
    return result(home), without_waits(home)


def check(attacked: Siege, undisturbed: tuple[Json, list[str]], answered: int = 0) -> None:
    """A gate that a person answered is entered once more for that."""
    home = attacked.home
    expected, stages = undisturbed
    assert result(home) == expected, "the same seed gives the same result, killed or not"
    assert without_waits(home) == stages, "no finished stage ran again"
    counted = count(home, RUN)
    assert counted.twice == [], "no job of any kind is started twice"
    assert counted.never == []
    assert counted.trainings == {"e001": 1, "e002": 1}, "no running training is lost"
    assert counted.repeated <= len(attacked.kills) + answered, "at most one stage's work is repeated per kill"
    assert counted.left == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_as_each_stage_begins(tmp_path: Path, undisturbed: tuple[Json, list[str]]) -> None:
    attacked = siege(tmp_path / "home", task(RUN))
    attacked.at_each_stage()
    stages = undisturbed[1]
    assert set(attacked.kills) <= set(stages)
    assert len(attacked.kills) > 0.8 * len(stages), "two short stages may follow one another faster than it looks"
    check(attacked, undisturbed)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_at_random_moments(tmp_path: Path, undisturbed: tuple[Json, list[str]]) -> None:
    attacked = siege(tmp_path / "home", task(RUN))
    attacked.at_random(random.Random(1), count=8, longest=8.0)
    assert attacked.kills
    check(attacked, undisturbed)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_as_each_stage_ends_and_a_person_is_asked(tmp_path: Path, undisturbed: tuple[Json, list[str]]) -> None:
    attacked = siege(tmp_path / "home", task(RUN, {"spend": "ask"}))
    attacked.at_each_stage("leave")
    assert len(attacked.kills) > 10, "short stages follow one another faster than it looks"
    answers = of_kind(history(attacked.journal), "gate")
    check(attacked, undisturbed, answered=len(answers))
    assert [(a["answer"], a["by"]) for a in answers] == [("approve", "person")] * 2


@pytest.mark.slow
def test_two_runs_of_one_home_side_by_side(tmp_path: Path) -> None:
    home = tmp_path / "home"
    agents = [siege(home, task(run)).start() for run in ("wine", "other")]
    assert [agent.wait(timeout=280) for agent in agents] == [0, 0]
    for run in ("wine", "other"):
        counted = count(home, run)
        assert (counted.twice, counted.never, counted.left, counted.repeated) == ([], [], [], 0)
        with open_graph(home) as graph:
            assert outcome(graph.get_state(graph.config_for(run)).values) == "target_met"


def test_counting_finds_a_process_that_was_left(tmp_path: Path) -> None:
    """The count itself must be able to fail."""
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", str(tmp_path)])
    try:
        assert processes_of(tmp_path) == [left.pid]
    finally:
        left.kill()
        left.wait()
    assert processes_of(tmp_path) == []
