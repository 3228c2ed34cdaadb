"""Trouble of the machine: one line, nothing lost, and the run goes on when it is mended."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import began, outcome, say, task, trail

from graph import open_graph
from graph.checkpointer import file_of
from graph.research import ResearchGraph
from state.errors import EnvironmentTrouble, PostgradError, UserError

NO_SPENDING = {"spend": "deny"}


def one_line(trouble: BaseException) -> str:
    text = str(trouble)
    assert text and "\n" not in text
    return text


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with little room."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("a full disk: needs root to mount a small tmpfs")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1500k", "none", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a full disk: a small tmpfs can't be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["intake", "curation", "planning", "implementation"])
def test_a_full_disk_pauses_the_run_and_it_goes_on_when_there_is_room(small_disk: Path, stage: str) -> None:
    home = small_disk / "home"
    with open_graph(home) as graph:
        config = graph.config_for("wine")
        graph.invoke(task("wine", NO_SPENDING), config, interrupt_before=[stage])
        done = trail(home, "wine") if (home / "runs" / "wine" / "journal.jsonl").exists() else []
        fill(small_disk)
        with pytest.raises(EnvironmentTrouble) as told:
            say(graph, "wine", None)
        assert "resume" in one_line(told.value)
        (small_disk / "filler").unlink()
        state = say(graph, "wine", None)
    assert outcome(state) == "stopped"
    assert trail(home, "wine")[: len(done)] == done
    assert trail(home, "wine")[-1] == "report"


def fill(place: Path) -> None:
    """Leave no byte free."""
    with (place / "filler").open("wb", buffering=0) as out:
        for size in (65_536, 4_096, 512, 1):
            try:
                while out.write(b"0" * size) == size:
                    pass
            except OSError:
                continue


class Place:
    """A folder that can be closed to writing, for root too: then it is a file system of its own, made read-only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.mounted = os.geteuid() == 0
        if self.mounted and self._mount("-t", "tmpfs", "-o", "size=50m", "none"):
            pytest.skip("missing permission: root needs to mount a read-only tmpfs, which can't be done here")

    def _mount(self, *words: str) -> int:
        return subprocess.run(["mount", *words, self.path], capture_output=True, check=False).returncode

    def writable(self, yes: bool) -> None:
        if self.mounted:
            deadline = time.monotonic() + 20  # a job's warden may still be closing its files
            while self._mount("-o", "remount,rw" if yes else "remount,ro"):
                assert time.monotonic() < deadline, f"{self.path} stays busy"
                time.sleep(0.05)
        else:
            for folder in (self.path, *(p for p in self.path.rglob("*") if p.is_dir())):
                folder.chmod(0o755 if yes else 0o555)

    def free(self) -> None:
        self.writable(True)
        if self.mounted:
            subprocess.run(["umount", "-l", self.path], check=True)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path / request.param)
    yield made
    made.free()


@pytest.mark.parametrize("place", ["home"], indirect=True)
def test_a_home_that_can_not_be_written_is_said_in_one_line(place: Place) -> None:
    place.writable(False)
    with pytest.raises(EnvironmentTrouble) as told, open_graph(place.path) as graph:
        say(graph, "wine", task("wine"))
    assert str(place.path) in one_line(told.value)
    assert list(place.path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("place", ["home/runs"], indirect=True)
@pytest.mark.parametrize("stage", ["literature", "curation", "implementation", "approve_launch"])
def test_a_run_that_may_no_longer_write_pauses_and_goes_on_with_permission(place: Place, stage: str) -> None:
    home = place.path.parent
    with open_graph(home) as graph:
        graph.invoke(task("wine", NO_SPENDING), graph.config_for("wine"), interrupt_before=[stage])
    done = trail(home, "wine")
    place.writable(False)
    with pytest.raises(EnvironmentTrouble) as told, open_graph(home) as graph:
        say(graph, "wine", None)
    assert "resume" in one_line(told.value)
    place.writable(True)
    with open_graph(home) as graph:
        state = say(graph, "wine", None)
    assert outcome(state) == "stopped"
    assert trail(home, "wine")[: len(done)] == done
    assert trail(home, "wine")[-1] == "report"


def test_a_state_of_another_version_is_refused_in_one_line(research: ResearchGraph, home: Path) -> None:
    config = research.config_for("wine")
    research.invoke(task("wine"), config, interrupt_before=["planning"])
    research.update_state(config, {"version": 0}, as_node="audit")
    before = trail(home, "wine")
    with pytest.raises(UserError, match="version 0") as told:
        say(research, "wine", None)
    one_line(told.value)
    assert trail(home, "wine") == before
    assert began(home, "wine") == {}


@pytest.mark.parametrize("content", [b"this is no database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_corrupt_checkpoint_file_is_said_in_one_line_and_left_as_it_is(home: Path, content: bytes) -> None:
    home.mkdir()
    file_of(home).write_bytes(content)
    with pytest.raises(PostgradError) as told, open_graph(home):
        pytest.fail("it opened")
    assert str(file_of(home)) in one_line(told.value)
    assert file_of(home).read_bytes() == content


def test_a_checkpoint_file_damaged_in_the_middle_is_said_in_one_line(home: Path) -> None:
    with open_graph(home) as graph:
        graph.invoke(task("wine"), graph.config_for("wine"), interrupt_before=["planning"])
    for extra in ("-wal", "-shm"):
        Path(f"{file_of(home)}{extra}").unlink(missing_ok=True)
    whole = bytearray(file_of(home).read_bytes())
    whole[4096:] = b"\xa5" * (len(whole) - 4096)
    file_of(home).write_bytes(whole)
    with pytest.raises(PostgradError) as told, open_graph(home) as graph:
        say(graph, "wine", None)
    one_line(told.value)


def test_a_checkpoint_that_can_not_be_decoded_is_said_in_one_line(home: Path) -> None:
    with open_graph(home) as graph:
        config = graph.config_for("wine")
        graph.invoke(task("wine"), config, interrupt_before=["planning"])
        graph.checkpointer.conn.execute("UPDATE checkpoints SET checkpoint = x'C1C1C1C1'")
        graph.checkpointer.conn.commit()
        with pytest.raises(PostgradError) as told:
            say(graph, "wine", None)
    one_line(told.value)


def test_a_run_file_that_is_damaged_is_said_in_one_line(research: ResearchGraph, home: Path) -> None:
    research.invoke(task("wine"), research.config_for("wine"), interrupt_before=["planning"])
    (home / "runs" / "wine" / "run.json").write_text('{"run": "wi')
    with pytest.raises(PostgradError) as told:
        say(research, "wine", None)
    assert "run.json" in one_line(told.value)


def test_a_run_killed_before_its_first_checkpoint_begins_with_what_was_asked(
    research: ResearchGraph, home: Path
) -> None:
    from graph.names import claim_name, thread_id

    claim_name(home, task("wine", NO_SPENDING), thread_id("wine"))
    state = say(research, "wine", None)
    assert outcome(state) == "stopped"
    assert state["goal"]["data"] == "wine"


def test_a_report_that_can_not_be_written_waits_for_its_place(research: ResearchGraph, home: Path) -> None:
    place = home / "runs" / "wine" / "report.md"
    (place / "in the way").mkdir(parents=True)
    with pytest.raises(EnvironmentTrouble, match="resume") as told:
        say(research, "wine", task("wine", NO_SPENDING))
    assert "report.md" in one_line(told.value)
    assert research.get_state(research.config_for("wine")).next == ("report",)
    (place / "in the way").rmdir()
    place.rmdir()
    assert outcome(say(research, "wine", None)) == "stopped"
    assert place.is_file()
    assert trail(home, "wine").count("report") == 1
