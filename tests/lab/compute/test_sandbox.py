"""What a job can reach."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from real_jobs import Experiment, needs_bwrap, until

from lab.compute.engine import Job
from lab.compute.local import LocalEngine
from lab.compute.sandbox import probe
from state.errors import UserError

LOOK = """
import json, os, pathlib
def attempt(action):
    try:
        action()
        return True
    except OSError:
        return False
places = json.loads(pathlib.Path("places.json").read_text())
seen = {
    "read": {path: attempt(lambda: open(path).read()) for path in places},
    "write": {path: attempt(lambda: open(path, "a").write(" ")) for path in places},
    "env": dict(os.environ),
    "pids": [name for name in os.listdir("/proc") if name.isdecimal()],
}
print(json.dumps(seen))
"""


def look(engine: LocalEngine, job: Job, *places: Path) -> dict[str, Any]:
    """What the job says it can reach."""
    Path(job.folder, "places.json").write_text(json.dumps([str(path) for path in places]))
    engine.submit(job)
    status = until(engine, job)
    assert status.state == "finished", status
    seen: dict[str, Any] = json.loads(engine.log(job)[0])
    return seen


@needs_bwrap
def test_only_its_own_folder_is_there(home: Path, experiment: Experiment, tmp_path: Path) -> None:
    job = experiment(LOOK)
    folder = Path(job.folder)
    sealed, other, granted = tmp_path / "sealed.jsonl", folder.parent / "e999.json", tmp_path / "inputs.jsonl"
    data, kept = folder / "data" / "rows.jsonl", folder / "notes.txt"
    data.parent.mkdir()
    for path in (sealed, other, granted, data, kept):
        path.write_text("{}\n")
    job = Job.from_dict({**job.to_dict(), "reads": (str(granted),)})
    engine = LocalEngine(home)
    fixed = [folder / name for name in ("train.py", "run.py", "config.json")]
    seen = look(engine, job, sealed, other, granted, data, kept, *fixed, Path.home() / ".bashrc", Path("/etc/shadow"))
    assert {path for path, there in seen["read"].items() if there} == {*map(str, (granted, data, kept, *fixed))}
    changed = {path for path in (sealed, other, granted, data, kept, *fixed) if path.read_text().endswith(" ")}
    assert changed == {kept}
    assert len(seen["pids"]) <= 3
    assert engine.status(job).sandbox == "bwrap"


@needs_bwrap
def test_the_record_of_its_attempt_cannot_be_forged(home: Path, experiment: Experiment) -> None:
    job = experiment(LOOK)
    names = ("status.json", "job.json", "lock", "log.txt", "metrics.jsonl", "invented.json")
    places = [job.place / name for name in names]
    written = look(LocalEngine(home), job, *places, Path(job.folder) / "metrics.jsonl")["write"]
    assert [path for path, there in written.items() if there] == [
        str(job.place / "metrics.jsonl"),
        str(Path(job.folder) / "metrics.jsonl"),
    ]


@needs_bwrap
@pytest.mark.parametrize("granted", [False, True])
def test_the_network_is_there_when_granted(home: Path, experiment: Experiment, granted: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        script = f"import socket\nprint(socket.socket().connect_ex(('127.0.0.1', {port})) == 0)"
        job = experiment(script, network=granted)
        engine = LocalEngine(home)
        engine.submit(job)
        assert until(engine, job).state == "finished"
        assert engine.log(job)[0] == f"{granted}\n"


@needs_bwrap
def test_a_data_job_makes_data(home: Path, experiment: Experiment) -> None:
    job = experiment("open('data/rows.jsonl', 'w').write('{}')", kind="data", argv=("data",), attempt="data-1")
    Path(job.folder, "data").mkdir()
    engine = LocalEngine(home)
    engine.submit(job)
    assert until(engine, job).state == "finished"
    assert Path(job.folder, "data", "rows.jsonl").exists()


@pytest.mark.parametrize("level", [None, "plain"])
def test_the_environment_is_clean(
    home: Path, experiment: Experiment, monkeypatch: pytest.MonkeyPatch, level: Any
) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    job = experiment(LOOK)
    env = look(LocalEngine(home, demand=level), job)["env"]
    assert "secret" not in env.values() and "PYTHONPATH" not in env
    assert env["HOME"] == job.folder
    assert Path(env["TMPDIR"]).is_relative_to(job.folder)
    assert not Path(env["TMPDIR"]).exists()
    assert (env["POSTGRAD_JOB"], env["POSTGRAD_KIND"], env["POSTGRAD_ATTEMPT"]) == (job.id, "train", "1")
    assert (env["PYTHONHASHSEED"], env["HF_HUB_OFFLINE"], env["TOKENIZERS_PARALLELISM"]) == ("7", "1", "false")


def test_less_isolation_than_demanded_is_refused(home: Path, tmp_path: Path) -> None:
    """In a process of its own, where no bubblewrap is to be found."""
    script = f"""
import pathlib
from lab.compute.engine import Job
from lab.compute.harness import install_harness
from lab.compute.local import LocalEngine
from state.errors import EnvironmentTrouble
folder = pathlib.Path({str(tmp_path)!r}) / "e1"
folder.mkdir()
install_harness(folder)
(folder / "train.py").write_text("print(1)")
job = Job(id="r/e1/1", kind="train", folder=str(folder), attempt="1", argv=("train",), seconds=9)
print(LocalEngine(folder).sandbox)
try:
    LocalEngine(folder, demand="bwrap").submit(job)
except EnvironmentTrouble as error:
    print(error)
"""
    env = {"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [
        "Sandbox(level='plain', why='bubblewrap is not installed')",
        "jobs can't be isolated: bubblewrap is not installed; repair it, or accept sandbox=plain",
    ], done.stderr


def test_plain_is_recorded_as_such(home: Path, experiment: Experiment) -> None:
    job = experiment("print(1)")
    engine = LocalEngine(home, demand="plain")
    engine.submit(job)
    assert until(engine, job).sandbox == "plain"


def test_the_probe_says_why_it_is_no_better() -> None:
    assert probe().level == "bwrap" or probe().why


def test_an_unknown_input_is_refused(home: Path, experiment: Experiment) -> None:
    job = experiment("print(1)", reads=("/nowhere/inputs.jsonl",))
    with pytest.raises(UserError, match="which is not there"):
        LocalEngine(home).submit(job)
    assert LocalEngine(home).status(job).why == "nothing began under this attempt"
