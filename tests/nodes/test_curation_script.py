"""The workshop of data scripts: its folder and nothing else, its one kind of job, results read by code, failures typed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.compute.folder import live_jobs
from lab.compute.sandbox import probe
from lab.data.jsonl import append_line, sha256
from nodes.curation_result import ScriptFailed
from nodes.curation_script import RAN, Workshop
from nodes.tools.curating import curating_tools
from state.errors import IntegrityBroken, UserError
from tests.nodes.curation_stage import SUMS, Stage
from tests.standins.hub import HubStandIn

ROWS = 'Path("out/rows.jsonl").write_text("".join(json.dumps(row) + "\\n" for row in rows))'
HEAD = "import json\nfrom pathlib import Path\nrows = [json.loads(line) for line in next(Path('in').iterdir()).read_text().splitlines()]\n"
COPY = f"{HEAD}{ROWS}\n"


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Stage(tmp_path).workshop


def run(workshop: Workshop, script: str, name: str = "s") -> str:
    workshop.write(name, "tickets", "", "", script)
    return workshop.run(name).said


def failed(workshop: Workshop, script: str) -> ScriptFailed:
    with pytest.raises(ScriptFailed) as caught:
        run(workshop, script)
    return caught.value


def test_rows_in_and_out_are_counted_and_losses_said(workshop: Workshop) -> None:
    assert run(workshop, COPY).startswith("1200 rows in, 1200 out")
    kept = COPY.replace("for row in rows", "for row in rows[:120]")
    assert run(workshop, kept, "fewer") == "1200 rows in, 120 out: 90.0% dropped"
    assert workshop.made("fewer").columns == ("input", "answer")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "trouble", "says"),
    [
        ("rows = undefined\n", "code", "NameError"),
        (f"{HEAD}rows[0]['nothing']\n", "data", "KeyError"),
        (f"{HEAD}json.loads('x')\n", "data", "JSONDecodeError"),
        ("import no_such_package\n", "environment", "ModuleNotFoundError"),
        ("raise MemoryError\n", "memory", "MemoryError"),
        ("pass\n", "data", "wrote no out/rows.jsonl"),
        ("open('out/rows.jsonl', 'w').write('[1, 2]')\n", "data", "rows.jsonl"),
        ("open('out/rows.jsonl', 'w').write('{\"a\": 1}\\nnot json\\n')\n", "data", "is no valid JSON"),
        ("open('out/rows.jsonl', 'w')\n", "data", "is empty"),
    ],
)
def test_a_failure_says_its_kind_and_where(workshop: Workshop, script: str, trouble: str, says: str) -> None:
    wrong = failed(workshop, script)
    assert wrong.trouble == trouble
    assert says in str(wrong)
    assert len(str(wrong)) < 2_500
    assert str(workshop.desk.workspace) not in str(wrong)


def test_a_script_that_takes_too_long_is_stopped(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nodes.curation_script.SECONDS", 1.0)
    assert failed(workshop, "import time\ntime.sleep(60)\n").trouble == "time"


def test_what_does_not_parse_is_not_written(workshop: Workshop) -> None:
    with pytest.raises(UserError, match="does not parse, so it was not written: line 2"):
        workshop.write("s", "tickets", "", "", "x = 1\nif x\n")
    assert workshop.names() == []


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "a/b", "", "X", ".hidden", "a" * 40, "a b"])
def test_no_name_leads_out_of_the_folder(workshop: Workshop, name: str) -> None:
    for act in (
        lambda: workshop.write(name, "tickets", "", "", COPY),
        lambda: workshop.read(name),
        lambda: workshop.run(name),
    ):
        with pytest.raises(UserError, match="is no name for a data script"):
            act()


def test_links_are_not_followed(workshop: Workshop, tmp_path: Path) -> None:
    """A link that the script leaves behind would be read by us, outside the sandbox."""
    outside = tmp_path / "outside.jsonl"
    outside.write_text('{"secret": 1}\n' * 50)
    for script in (
        f"import os\nos.symlink({str(outside)!r}, 'out/rows.jsonl')\n",
        f"import os, shutil\nshutil.rmtree('out')\nos.symlink({str(tmp_path)!r}, 'out')\n",
    ):
        wrong = failed(workshop, script)
        assert "secret" not in str(wrong)
        assert "plain file" in str(wrong) or "wrote no out/rows.jsonl" in str(wrong)
    assert outside.exists()
    assert run(workshop, COPY).startswith("1200 rows in")


def test_the_raw_files_stay_as_they_came(tmp_path: Path) -> None:
    """The sandbox keeps them; where there is none, what they were is compared."""
    script = f"{COPY}import os\np = next(Path('in').iterdir())\nos.chmod(p, 0o644)\np.write_text('{{}}')\n"
    wrong = failed(Stage(tmp_path, sandbox="plain").workshop, script)
    assert "changed the files in in/" in str(wrong)
    if probe().level == "bwrap":
        assert "Read-only file system" in str(failed(Stage(tmp_path / "kept").workshop, script))


def test_without_a_sandbox_too_the_raw_rows_of_a_run_end_who_reaches_for_them(tmp_path: Path) -> None:
    workshop = Stage(tmp_path, sandbox="plain").workshop
    raw = workshop.bringing.raw("tickets").files[0]
    with pytest.raises(IntegrityBroken, match="reached for the sealed answers"):
        run(workshop, f"print(open({str(raw)!r}).read())\n")


@pytest.mark.skipif(probe().level != "bwrap", reason="bubblewrap does not work here")
def test_a_script_sees_neither_the_network_nor_the_rest_of_the_run(workshop: Workshop) -> None:
    (workshop.desk.workspace / "journal.jsonl").write_text("{}\n")
    script = (
        "import json, socket\nfrom pathlib import Path\n"
        "try:\n    socket.create_connection(('127.0.0.1', 22), 2)\n    net = 'yes'\nexcept OSError as e:\n    net = type(e).__name__\n"
        f"seen = any((Path({str(workshop.desk.workspace)!r}) / name).exists() for name in ('journal.jsonl', 'sealed'))\n"
        "Path('out/rows.jsonl').write_text(json.dumps({'net': net, 'seen': str(seen)}) + '\\n')\n"
    )
    run(workshop, script)
    assert workshop.result("s").read_text() == '{"net": "ConnectionRefusedError", "seen": "False"}\n'


def test_a_script_that_reaches_for_sealed_answers_ends_the_run(workshop: Workshop) -> None:
    sealed = workshop.desk.workspace / "sealed" / "sealed_answers.jsonl"
    with pytest.raises(IntegrityBroken, match="reached for the sealed answers"):
        run(workshop, f"open({str(sealed)!r}).read()\n")


def test_the_same_script_is_run_once(workshop: Workshop) -> None:
    run(workshop, COPY)
    workshop.run("s")
    folder = workshop.folder("s")
    assert [entry.name for entry in (folder / "attempts").iterdir()] == ["data-1"]
    workshop.edit("s", "for row in rows", "for row in rows[:100]")
    with pytest.raises(UserError, match="run it first"):
        workshop.result("s")
    assert workshop.run("s").rows_out == 100
    assert (folder / "data-1.py").read_text() == COPY
    assert "rows[:100]" in (folder / "data-2.py").read_text()


def test_an_edit_needs_one_place_and_shows_the_difference(workshop: Workshop) -> None:
    workshop.write("s", "tickets", "", "", COPY)
    with pytest.raises(UserError, match="stands 0 times"):
        workshop.edit("s", "nowhere", "x")
    with pytest.raises(UserError, match="stands 4 times"):
        workshop.edit("s", "json", "x")
    assert "+" in workshop.edit("s", "in rows)", "in rows[1:])")


def test_after_the_split_nothing_is_written_or_run(workshop: Workshop) -> None:
    workshop.write("s", "tickets", "", "", COPY)
    (workshop.desk.workspace / "data").mkdir()
    (workshop.desk.workspace / "data" / "card.json").write_text("{}")
    for act in (
        lambda: workshop.write("s", "tickets", "", "", COPY),
        lambda: workshop.edit("s", "in rows)", "in rows[1:])"),
        lambda: workshop.run("s"),
    ):
        with pytest.raises(UserError, match="split and sealed"):
            act()


def test_a_file_of_this_machine_only_if_the_brief_names_it(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("q,a\n" + "".join(f"{n} apples,{n}\n" for n in range(60)))
    (tmp_path / "other.csv").write_text("q,a\n1,1\n")
    workshop = Stage(tmp_path, {"data": str(tmp_path / "mine.csv")}).workshop
    assert workshop.bringing.raw(str(tmp_path / "mine.csv")).rows == 60
    for path in (str(tmp_path / "other.csv"), "other.csv", "../other.csv", "~/.ssh/config"):
        with pytest.raises(UserError, match="neither built in, nor a Hub id"):
            workshop.bringing.raw(path)


def test_the_tools_say_what_they_write_and_reach(workshop: Workshop) -> None:
    tools = {tool.name: tool for tool in curating_tools(workshop)}
    assert {name for name, tool in tools.items() if tool.writes} == {
        "write_data_script",
        "edit_data_script",
        "run_data_script",
    }
    assert {host for tool in tools.values() for host in tool.reaches} == {"hub"}
    limits = {field for tool in tools.values() for field in tool.takes.model_fields}
    assert not limits & {"seconds", "memory", "memory_mb", "network", "reads", "kind"}


def test_raw_rows_and_the_audit_are_shown(workshop: Workshop) -> None:
    tools = {tool.name: tool for tool in curating_tools(workshop)}
    page = tools["raw_rows"]
    said = page.run(page.takes(source="tickets", start=1198))
    assert said.startswith("1200 rows, columns input, answer")
    assert "1199: {" in said
    look = tools["audit_table"]
    told = look.run(look.takes(source="tickets", input="input", answer="answer", why="x"))
    assert "1200 rows, kind text, 5 classes" in told
    assert "copies of an earlier one" in told


def test_a_job_that_outlived_its_agent_is_adopted(workshop: Workshop) -> None:
    """Killed between starting the job and reading its result: the job is found, not started again."""
    workshop.write("s", "tickets", "", "", COPY)
    folder = workshop.folder("s")
    append_line(folder / RAN, {"attempt": "data-1", "sha": sha256((folder / "train.py").read_bytes())})
    workshop.desk.engine.submit(workshop.job("s", "data-1"))
    assert workshop.run("s").rows_out == 1200
    assert len((folder / "starts.jsonl").read_text().splitlines()) == 1


def test_a_run_that_was_stopped_from_outside_may_be_made_again(workshop: Workshop) -> None:
    workshop.write("s", "tickets", "", "", COPY)
    folder = workshop.folder("s")
    append_line(folder / RAN, {"attempt": "data-1", "sha": sha256((folder / "train.py").read_bytes())})
    workshop.desk.engine.cancel(workshop.job("s", "data-1"), "the run was stopped")
    with pytest.raises(ScriptFailed, match="time error: the script stopped: the run was stopped"):
        workshop.run("s")
    assert workshop.run("s").attempt == "data-2"


def test_a_job_may_take_no_longer_than_the_brief_says(tmp_path: Path) -> None:
    workshop = Stage(tmp_path, {"limits": {"job_time": 7}}).workshop
    workshop.write("s", "tickets", "", "", COPY)
    assert workshop.job("s", "data-1").seconds == 7
    assert not workshop.job("s", "data-1").network


def test_a_run_that_ends_finds_the_job_and_stops_it(workshop: Workshop) -> None:
    """The tool waits in the agent's thread; whoever ends the run cancels what lives, and the tool comes back."""
    workshop.write("s", "tickets", "", "", "import time\ntime.sleep(60)\n")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(workshop.run, "s")
        until = time.monotonic() + 20
        while not (found := live_jobs(workshop.desk.workspace)) and time.monotonic() < until:
            time.sleep(0.02)
        workshop.desk.engine.cancel(found[0], "stopped by a person")
        with pytest.raises(ScriptFailed, match="stopped by a person"):
            waiting.result(20)


def test_read_side_by_side_a_source_is_brought_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with HubStandIn() as hub, ThreadPoolExecutor(4) as pool:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.add_dataset("owner/sums", {"train.parquet": SUMS})
        workshop = Stage(tmp_path).workshop
        raw = list(pool.map(lambda _: workshop.bringing.raw("owner/sums"), range(4)))
        assert {each.rows for each in raw} == {200}
        assert len(hub.asked("resolve")) == 1
