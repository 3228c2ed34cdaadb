"""What is installed, looked at in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.code import installed as room
from lab.code.installed import Installed, NotThere
from lab.code.pages import page_of, words
from state.errors import PostgradError, UserError

pytestmark = pytest.mark.slow


@pytest.fixture
def libraries(tmp_path: Path) -> Installed:
    return Installed(tmp_path / "sources")


def test_a_signature_is_what_is_installed(libraries: Installed) -> None:
    found = libraries.signature("sklearn.linear_model.LogisticRegression")
    by_name = {p.name: p for p in found.parameters or ()}
    assert found.kind == "class"
    assert found.release.startswith("scikit-learn ")
    assert found.file.startswith("sklearn/linear_model/")
    assert (by_name["C"].default, by_name["max_iter"].default) == ("1.0", "100")
    assert by_name["max_iter"].keyword_only
    assert "regularization strength" in by_name["C"].says.lower()
    assert found.doc.startswith("Logistic Regression")


@pytest.mark.train
def test_settings_of_a_trainer_come_with_their_meaning(libraries: Installed) -> None:
    found = libraries.signature("trl.GRPOConfig")
    beta = next(p for p in found.parameters or () if p.name == "beta")
    assert beta.default is not None
    assert "KL" in beta.says


def test_a_second_look_starts_nothing(libraries: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    first = libraries.signature("json.dumps")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert libraries.signature("json.dumps") == first
    with pytest.raises(FileNotFoundError):
        libraries.signature("json.loads")


def test_members_and_source(libraries: Installed) -> None:
    names = {m["name"]: m for m in libraries.members("json").members}
    assert set(names) == {"dump", "dumps", "load", "loads", "JSONDecoder", "JSONDecodeError", "JSONEncoder"}
    assert names["loads"]["signature"].startswith("(s, *, cls=None")
    assert libraries.source("json.dumps").source.startswith("def dumps(obj, *")
    with pytest.raises(NotThere, match="no Python source"):
        libraries.source("math.sqrt")


def test_a_value_a_module_and_a_compiled_function(libraries: Installed) -> None:
    assert libraries.signature("math.pi").value.startswith("3.14")
    assert libraries.signature("json.decoder").kind == "module"
    assert libraries.signature("sklearn.svm").kind == "module"  # not an attribute before it is imported


def test_unknown_names_give_what_is_close(libraries: Installed) -> None:
    with pytest.raises(NotThere, match=r"json has no dmups; close to it are .*dumps"):
        libraries.signature("json.dmups")
    with pytest.raises(NotThere, match=r"did you mean .*sklearn"):
        libraries.signature("skleran.svm.SVC")


def test_a_name_that_moved_is_found_where_it_stands(libraries: Installed) -> None:
    with pytest.raises(
        NotThere, match=r"a HalvingGridSearchCV stands in sklearn\.model_selection\._search_successive_halving"
    ):
        libraries.signature("sklearn.svm.HalvingGridSearchCV")


@pytest.mark.parametrize("bad", ["", "os; import this", "../x", "a b", "json.dumps('x')", "1x"])
def test_only_dotted_names_are_taken(libraries: Installed, bad: str) -> None:
    with pytest.raises(UserError, match="is no dotted name"):
        libraries.signature(bad)


def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """A package that `-I` finds: a folder on the path of a process that is started as ours is."""
    place = tmp_path / "site"
    (place / "oddpkg").mkdir(parents=True)
    (place / "oddpkg" / "__init__.py").write_text(body)
    runner = tmp_path / "python"
    script = f"import sys,runpy;sys.path.insert(0,{str(place)!r});sys.argv=sys.argv[1:];runpy.run_path(sys.argv[0],run_name='__main__')"
    runner.write_text(f'#!/bin/sh\nshift\nexec "{sys.executable}" -c "{script}" "$@"\n')
    runner.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(runner))


def test_an_import_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / "pid"
    package(
        tmp_path, monkeypatch, f"import os,time\nopen({str(marker)!r},'w').write(str(os.getpid()))\ntime.sleep(60)\n"
    )
    monkeypatch.setattr(room, "SECONDS", 1.0)
    began = time.monotonic()
    with pytest.raises(PostgradError, match="takes more than 1 s"):
        room.look("signature", "oddpkg")
    assert time.monotonic() - began < 20
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)


def test_an_import_that_takes_all_memory_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch, "import time\nheld = b'x' * 300_000_000\ntime.sleep(30)\n")
    monkeypatch.setattr(room, "MEMORY", 200_000_000)
    with pytest.raises(PostgradError, match="GiB"):
        room.look("signature", "oddpkg")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise SystemExit(3)", "SystemExit"),
        ("import os; os._exit(9)", "code 9"),
        ("raise ValueError('broken\\nlines')", "ValueError"),
    ],
)
def test_an_import_that_fails_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, says: str
) -> None:
    package(tmp_path, monkeypatch, f"print('noise')\n{body}\n")
    monkeypatch.setattr(room, "_package", lambda name: room.Package("oddpkg", "oddpkg", "1", False))
    with pytest.raises(PostgradError, match=says) as caught:
        Installed().signature("oddpkg")
    assert "\n" not in str(caught.value)


def test_what_is_imported_gets_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret_token_of_a_person")
    package(
        tmp_path,
        monkeypatch,
        "import os\nTOKEN = os.environ.get('HF_TOKEN'); HOME = os.environ['HOME']; PLACE = os.getcwd()\n",
    )
    assert b"'None'" in room.look("signature", "oddpkg.TOKEN") or b'"None"' in room.look("signature", "oddpkg.TOKEN")
    assert str(Path.home()).encode() not in room.look("signature", "oddpkg.HOME")


def test_pages_hold_everything_once() -> None:
    text = "".join(f"line {n}\n" for n in range(5_000)) + "x" * 40_000
    first = page_of(text)
    assert "".join(page_of(text, n).text for n in range(1, first.of + 1)) == text
    assert all(len(page_of(text, n).text) <= 12_000 for n in range(1, first.of + 1))
    assert page_of("").of == 1


def test_names_are_taken_apart() -> None:
    assert {"grpoconfig", "grpo", "config"} <= set(words("GRPOConfig"))
    assert {"per_device_batch", "device"} <= set(words("per_device_batch"))


def test_looking_needs_nothing_of_ours() -> None:
    """The process that imports other people's code imports nothing of the house."""
    program = "import ast,sys;print([n.module for n in ast.walk(ast.parse(open(sys.argv[1]).read())) if isinstance(n, ast.ImportFrom)])"
    seen = subprocess.run(
        [sys.executable, "-c", program, str(Path(room.__file__).with_name("look.py"))],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "lab" not in seen.stdout
    assert "state" not in seen.stdout
