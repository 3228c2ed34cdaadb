"""An experiment's folder, run by its harness and read back."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from real_jobs import Experiment, until

from lab.compute.folder import lock_lines, lock_text, read_metrics, sha256_folder, starts, unmet
from lab.compute.local import LocalEngine
from lab.compute.run_template import dependencies

HEADER = """# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "scikit-learn>=1",
# ]
# ///
"""


def test_a_stranger_runs_the_folder_alone(experiment: Experiment) -> None:
    job = experiment("import sys, random\nprint(sys.argv[1:], random.random())\n")
    call = [sys.executable, "run.py", "train", "--config", "config.json"]
    env = {"PATH": os.environ["PATH"]}
    said = {subprocess.run(call, cwd=job.folder, env=env, check=True, capture_output=True).stdout for _ in range(2)}
    assert len(said) == 1
    assert b"['train', '--config', 'config.json']" in said.pop()
    assert (starts(Path(job.folder)), starts(Path(job.folder), "predict")) == (2, 0)


def test_what_the_header_names_is_seeded(home: Path, experiment: Experiment) -> None:
    script = HEADER + "import sys\nprint('numpy' in sys.modules)\nimport numpy\nprint(numpy.random.rand())\n"
    jobs = [
        experiment(script, "one"),
        experiment(script, "two"),
        experiment("import sys\nprint('numpy' in sys.modules)"),
    ]
    engine = LocalEngine(home)
    for job in jobs:
        engine.submit(job)
    assert {until(engine, job).state for job in jobs} == {"finished"}
    one, two, bare = (engine.log(job)[0] for job in jobs)
    assert one == two
    assert (one.splitlines()[0], bare.strip()) == ("True", "False")


def test_a_start_is_recorded_even_if_the_script_cannot_be_read(home: Path, experiment: Experiment) -> None:
    job = experiment("this is no python")
    engine = LocalEngine(home)
    engine.submit(job)
    status = until(engine, job)
    assert (status.state, status.why) == ("failed", "exit code 1: SyntaxError: invalid syntax")
    line = json.loads(Path(job.folder, "starts.jsonl").read_text())
    assert (line["kind"], line["attempt"], line["argv"]) == ("train", "1", ["train", "--config", "config.json"])


def test_the_top_points_to_the_newest_training(home: Path, experiment: Experiment) -> None:
    script = (
        "import json, os\nopen('metrics.jsonl', 'a').write(json.dumps({'a': os.environ['POSTGRAD_ATTEMPT']}) + '\\n')"
    )
    engine = LocalEngine(home)
    for attempt, kind in (("rehearsal-1", "rehearsal"), ("1", "train"), ("2", "train"), ("predict-1", "predict")):
        argv = ("predict", "--out", "p") if kind == "predict" else ("train", "--config", "config.json")
        job = experiment(script if kind != "predict" else "print(1)", attempt=attempt, kind=kind, argv=argv)
        engine.submit(job)
        assert until(engine, job).state == "finished"
    folder = Path(job.folder)
    assert read_metrics(folder) == [{"a": "2"}]
    assert read_metrics(folder, "1") == [{"a": "1"}]
    assert read_metrics(folder, "rehearsal-1") == [{"a": "rehearsal-1"}]
    assert {(folder / name).readlink() for name in ("metrics.jsonl", "log.txt", "status.json")} == {
        Path("attempts/2") / name for name in ("metrics.jsonl", "log.txt", "status.json")
    }


def test_metrics_cut_short_and_not_finite(tmp_path: Path) -> None:
    assert read_metrics(tmp_path) == []
    rows = '{"step": 1, "loss": "NaN", "kl": null, "name": "x"}\n{"step": 2, "loss": "-Infinity"}\n{"step": 3, "lo'
    (tmp_path / "metrics.jsonl").write_text(rows)
    first, second = read_metrics(tmp_path)
    assert math.isnan(first["loss"])
    assert (first["kl"], first["name"], second["loss"]) == (None, "x", -math.inf)


def test_the_hash_of_a_folder_sees_every_change(tmp_path: Path) -> None:
    names = ["train.py", "config.json", "data"]
    seen = set()

    def look() -> None:
        seen.add(sha256_folder(tmp_path, names))

    look()
    (tmp_path / "train.py").write_text("1")
    look()
    (tmp_path / "config.json").write_text("1")
    look()
    (tmp_path / "data").mkdir()
    look()
    (tmp_path / "data" / "a").write_text("1")
    look()
    (tmp_path / "data" / "a").rename(tmp_path / "data" / "b")
    look()
    assert len(seen) == 6
    (tmp_path / "log.txt").write_text("not part of it")
    assert sha256_folder(tmp_path, reversed(names)) in seen


def test_the_lock_names_what_the_header_needs(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(HEADER)
    names = [line.split("==")[0] for line in lock_lines(script)]
    assert {"scikit-learn", "numpy", "scipy", "joblib"} <= set(names)
    assert "pytest" not in names
    assert lock_text(script).startswith("# python 3.")
    assert unmet(script) == []
    script.write_text(HEADER.replace("scikit-learn>=1", "scikit-learn>=99"))
    assert unmet(script)[0].startswith("scikit-learn>=99 (here: ")
    script.write_text(HEADER.replace("scikit-learn>=1", "no-such-package"))
    assert unmet(script) == ["no-such-package (here: not installed)"]


@pytest.mark.parametrize("text", ["", "import os\n", "# /// script\n# dependencies = ['x']\n", "# /// script\n# ///\n"])
def test_a_script_without_a_whole_header_needs_nothing(text: str) -> None:
    assert dependencies(text) == []
