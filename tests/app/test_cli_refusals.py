"""What the command line refuses, lists and explains without a run to work on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from door import ROOT, Door

COMMANDS = (
    "run", "resume", "runs", "show", "watch", "tell", "stop", "fork", "compare", "report", "study", "graph", "rm", "gc", "doctor",
)  # fmt: skip


def test_help_and_version_import_nothing_heavy(postgrad: Door) -> None:
    code = (
        "import sys\nfrom app.cli import cli\n"
        "for word in ('--help', '--version'):\n"
        "    cli([word], standalone_mode=False)\n"
        "heavy = {'langgraph', 'pydantic', 'rich', 'ruamel', 'torch', 'sklearn', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(' '.join(sorted(heavy)) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=postgrad.environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    for command in COMMANDS:
        assert f"  {command} " in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "nothing to do yet"),
        (["run", "x", "--effort", "much"], "--effort much: write quick, standard, deep"),
        (["run", "x", "--time", "soon"], "--time soon: write a duration"),
        (["run", "x", "--time", "0"], "--time 0: write a duration"),
        (["run", "x", "--budget=-1"], "--budget -1: write dollars"),
        (["run", "x", "--seed=-1"], "--seed -1: write a whole number"),
        (["run", "x", "--approve", "maybe"], "--approve maybe: write ask, auto, deny, or GATE=POLICY"),
        (["run", "x", "--approve", "spnd=auto"], "--approve spnd=auto: there is no gate spnd"),
        (["run", "x", "--approve", "spend=always"], "--approve spend=always: there is no policy always"),
        (["run", "x", "--set", "data=wne"], "--set data=wne: data 'wne' is not known; did you mean wine?"),
        (
            ["run", "x", "--set", "metric=acuracy"],
            "--set metric=acuracy: metric 'acuracy' is not known; did you mean accuracy?",
        ),
        (
            ["run", "x", "--set", "limits.job_time=2h", "--time", "1h"],
            "--set limits.job_time=2h: limits contradict each other",
        ),
        (["run", "x", "--name", "../x"], "'../x' is no name for a run"),
        (["run", "--brief", "none.yaml"], "no brief at none.yaml"),
        (["study", "win"], "there is no study win; did you mean wine?"),
        (["study", "wine", "--set", "strat.steps=1"], "--set strat.steps=1: unknown key strat; did you mean start?"),
        (["study", "wine", "--set", "start.rate=1"], "--set start.rate=1: no recipe takes start.rate; "),
        (
            ["study", "wine", "--set", "start.steps=0"],
            "--set start.steps=0: start.steps can't be so: classifier: steps is 0",
        ),
        (["study", "wine", "--set", "method=ppo"], "--set method=ppo: method 'ppo' is not known"),
        (
            ["study", "wine", "--set", "limits.time=2h", "--time", "1h"],
            "--set limits.time=2h and --time 1h contradict each other",
        ),
        (["run", "tell wines apart", "--model", "clever"], "--model clever: write PROVIDER/NAME"),
        (["run", "tell wines apart", "--model", "openai/x"], "model openai/x needs a key; set OPENAI_API_KEY"),
        (["run", "tell wines apart", "--set", "start.steps=many"], "--set start.steps=many: start.steps can't be so"),
        (["run", "tell wines apart", "--set", "start.stps=1"], "--set start.stps=1: no recipe takes start.stps; did"),
        (["run", "tell wines apart", "--set", "method=grpo"], "--set method=grpo: grpo is for generation, and wine is"),
        (["run", "tell wines apart", "--set", "metric=mse"], "--set metric=mse: mse can't score wine: "),
        (["run", "teach sums", "--set", "method=classifier", "--set", "data=addition"], "--set method=classifier: "),
        (["show", "none"], "there is no run none"),
        (["resume", "none"], "there is no run none"),
        (["watch", "none"], "there is no run none"),
        (["stop", "none"], "there is no run none"),
        (["tell", "none", "hello"], "there is no run none"),
        (["report", "none"], "there is no run none"),
        (["rm", "none"], "there is no run none"),
        (["fork", "none", "--at", "planning"], "there is no run none"),
        (["compare", "none", "nothing"], "there is no run none"),
    ],
)
def test_one_line_exit_2_and_nothing_created(postgrad: Door, words: list[str], said: str) -> None:
    assert postgrad.refused(*words).startswith(said)


def test_a_wrong_option_is_a_wrong_use(postgrad: Door) -> None:
    said = postgrad("run", "x", "--tme", "3")
    assert (said.code, said.out) == (2, "")
    assert "--tme" in said.err


def test_doctor_says_when_it_fails(postgrad: Door) -> None:
    assert "Exits 2 when" in postgrad("doctor", "--help").out


def test_a_wrong_brief_is_named_with_its_line(postgrad: Door) -> None:
    (postgrad.cwd / "b.yaml").write_text("task: tell wines apart\nmetric: accuracy\ntarget: 94\n")
    assert (
        postgrad.refused("run", "--brief", "b.yaml") == "b.yaml:3: target is 94, but accuracy is a fraction; write 0.94"
    )
    assert postgrad.refused("run", "b.yaml") == "b.yaml is a file; to run the brief in it: postgrad run --brief b.yaml"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("d.csv", b"", "is empty"),
        ("d.csv", b"a,b\n1,2\n3\n", "line 3 has 1 fields"),
        ("d.csv", b"PK\x03\x04zzzz", "looks like a zip"),
        ("d.json", b"a,b\n1,2\n", "is named .json but looks like"),
    ],
)
def test_a_data_file_is_looked_into_first(postgrad: Door, name: str, content: bytes, said: str) -> None:
    (postgrad.cwd / name).write_bytes(content)
    line = postgrad.refused("run", "tell them apart", "--set", f"data={name}")
    assert line.startswith(f"--set data={name}: ")
    assert said in line


def test_with_json_an_error_is_an_object_too(postgrad: Door) -> None:
    said = postgrad("show", "none", "--json")
    assert said.code == 2
    assert said.object["exit_code"] == 2
    assert said.object["error"].startswith("there is no run none")


def test_a_home_that_can_not_be_written(postgrad: Door) -> None:
    (postgrad.cwd / "file").write_text("")
    said = postgrad("study", "wine", POSTGRAD_HOME=str(postgrad.cwd / "file" / "home"))
    assert (said.code, said.out) == (2, "")
    assert "is not a folder" in said.err
    for words in (["runs"], ["show", "w"], ["run", "Tell wines apart"]):
        said = postgrad(*words, POSTGRAD_HOME=str(postgrad.cwd / "file"))
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
        assert "is not a folder" in said.err
    if Path("/proc/self").exists():  # nobody can write there, not even root, who is told that it may
        said = postgrad("study", "wine", POSTGRAD_HOME="/proc/home")
        assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
        told = postgrad("doctor", "--json", POSTGRAD_HOME="/proc/home")
        assert told.code == 2
        assert "broken" in {check["state"] for check in told.object["checks"] if check["what"] == "home"}
    if os.geteuid() == 0:
        pytest.skip("everything can be written by root")
    closed = postgrad.cwd / "closed"
    closed.mkdir(mode=0o500)
    said = postgrad("study", "wine", POSTGRAD_HOME=str(closed / "home"))
    assert (said.code, said.out) == (2, "")
    assert (
        said.err == f"postgrad: no permission to write in {closed}; give it, or set POSTGRAD_HOME to another folder\n"
    )
    assert list(closed.iterdir()) == []


def test_an_early_interrupt_is_one_line(postgrad: Door) -> None:
    """Held up while the rest is imported: the signal comes before the command line stands."""
    code = (
        "import os, signal, sys\nsys.orig_argv[1:3] = ['-m', 'app']\nsys.argv[1:] = ['runs', '--json']\n"
        "import app\nos.kill(os.getpid(), signal.SIGINT)\nsys.exit('it went on')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=postgrad.environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (7, 1)
    assert json.loads(done.stdout)["exit_code"] == 7


@pytest.mark.parametrize("words", ["study --json", "--help"])
def test_a_reader_that_goes_away_is_no_failure(postgrad: Door, words: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "app", *words.split()], cwd=ROOT, env=postgrad.environment(), stdout=writing,
        stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_studies_are_listed(postgrad: Door) -> None:
    listed = postgrad("study", "--json").object["studies"]
    assert {"reward-collapse", "wine", "tickets"} <= {one["name"] for one in listed}
    assert all(one["about"] for one in listed)
    assert "wine" in postgrad("study").out


def test_an_empty_home_has_no_runs(postgrad: Door) -> None:
    assert postgrad("runs", "--json").object == {"home": str(postgrad.home), "runs": []}
    assert not postgrad.home.exists()


def test_doctor_says_what_to_do_about_what_is_missing(postgrad: Door) -> None:
    said = postgrad("doctor", "--json")
    assert said.code == 0
    checks = {check["what"]: check for check in said.object["checks"]}
    assert {
        "python",
        "extra train",
        "extra server",
        "sandbox",
        "gpu",
        "keys",
        "network",
        "home",
        "config",
    } <= checks.keys()
    assert all(check["do"] for check in checks.values() if check["state"] != "ok")
    assert checks["network"]["found"] == "HF_HUB_OFFLINE is set"
    assert "sk-very-secret" not in postgrad("doctor", ANTHROPIC_API_KEY="sk-very-secret").out


def test_doctor_finds_a_broken_home(postgrad: Door) -> None:
    postgrad.home.mkdir()
    (postgrad.home / "checkpoints.sqlite").write_bytes(b"no database at all" * 100)
    (postgrad.home / "config.toml").write_text("slots = 0\n")
    said = postgrad("doctor", "--json")
    assert said.code == 2
    broken = {check["what"] for check in said.object["checks"] if check["state"] == "broken"}
    assert {"checkpoints", "config"} <= broken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("modle = 'x'\n", "unknown key modle; did you mean model?"),
        ("slots = 0\n", "slots is 0"),
        ("slots = 'two'\n", "slots is 'two'"),
        ("sandbox = 'none'\n", "sandbox is 'none'; write bwrap or plain"),
        ("approve = 'perhaps'\n", "--approve perhaps"),
        ("[approve]\nspent = 'auto'\n", "unknown key approve.spent; did you mean approve.spend?"),
        ("[limits]\ntme = 3\n", "unknown key limits.tme; did you mean limits.time?"),
        ("[limits\n", "not readable as TOML"),
    ],
)  # fmt: skip
def test_a_wrong_config_is_one_line(postgrad: Door, text: str, said: str) -> None:
    postgrad.home.mkdir()
    (postgrad.home / "config.toml").write_text(text)
    line = postgrad.refused("study", "wine")
    assert line.startswith(f"{postgrad.home / 'config.toml'}: ")
    assert said in line
    assert [path.name for path in postgrad.home.iterdir()] == ["config.toml"]


def test_a_damaged_record_is_one_line(postgrad: Door) -> None:
    (postgrad.home / "runs" / "odd").mkdir(parents=True)
    (postgrad.home / "runs" / "odd" / "run.json").write_text("not json")
    said = postgrad("runs")
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "run.json is damaged" in said.err


def test_the_traceback_of_what_nobody_thought_of_goes_to_the_log(postgrad: Door) -> None:
    (postgrad.home / "runs" / "odd").mkdir(parents=True)
    (postgrad.home / "runs" / "odd" / "run.json").write_text("[]")
    said = postgrad("runs")
    assert said.code == 6
    assert said.err.count("\n") == 1
    assert "Traceback" in (postgrad.home / "postgrad.log").read_text()


def test_briefs_of_the_studies_stand(tmp_path: Path) -> None:
    from app.commands.begin import STUDIES
    from state.brief_file import read_written
    from state.brief_rules import Written, check

    for path in STUDIES.glob("*.yaml"):
        written = read_written(path)
        keys = {key: value for key, value in written.keys.items() if key not in ("about", "effort")}
        assert check(Written(keys), effort=written.keys["effort"]).effort == "quick"
