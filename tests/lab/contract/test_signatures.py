"""What is installed, asked for real: names, arguments, deadlines, what is kept."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from lab.checks.contract.signatures import Here


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder for libraries of our own beside the installed ones."""
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def here() -> Here:
    return Here()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "kind", "open_", "words"),
    [
        ("json", "module", True, ()),
        ("json.dumps", "function", True, ("obj", "indent")),
        ("json.loads", "function", True, ("s", "cls")),
        ("pathlib.Path.mkdir", "function", False, ("mode", "parents", "exist_ok")),
        ("sklearn.linear_model.Ridge", "class", False, ("alpha", "solver")),
        ("sklearn.linear_model.Ridge.fit", "function", False, ("X", "y", "sample_weight")),
        ("dataclasses.field", "function", False, ("default", "default_factory")),
        ("os.path.join", "function", False, ("a",)),
        ("math.pi", "value", True, ()),
    ],
)
def test_what_is_there_is_told_with_its_arguments(
    here: Here, name: str, kind: str, open_: bool, words: tuple[str, ...]
) -> None:
    symbol = here.look([name])[name]
    assert symbol.found
    assert symbol.kind == kind
    assert symbol.open is open_
    assert set(words) <= set(symbol.words)
    assert "self" not in symbol.words


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "missing", "near"),
    [
        ("nonesuch.thing", "nonesuch", ()),
        ("json.dumpz", "json.dumpz", ("dumps", "dump")),
        ("sklearn.linear_modle.Ridge", "sklearn.linear_modle", ("linear_model",)),
        ("collections.OrderedDict.fromkey", "collections.OrderedDict.fromkey", ("fromkeys",)),
    ],
)
def test_what_is_missing_is_told_with_what_is_near(here: Here, name: str, missing: str, near: tuple[str, ...]) -> None:
    symbol = here.look([name])[name]
    assert not symbol.found
    assert symbol.missing == missing
    assert set(near) <= set(symbol.near)
    assert "\n" not in str(symbol)


def test_modules_that_do_something_when_imported_are_not(here: Here) -> None:
    assert here.look(["antigravity", "this.s", "pip.__main__", "json"]).keys() == {"json"}


@pytest.mark.slow
@pytest.mark.train
def test_settings_that_are_dataclasses_say_so_with_their_defaults(here: Here) -> None:
    symbol = here.look(["trl.GRPOConfig"])["trl.GRPOConfig"]
    assert symbol.fields
    assert not symbol.open
    assert next(one.default for one in symbol.takes or () if one.name == "seed") == "42"
    assert symbol.near_words("max_seq_length")
    assert "max_completion_length" in symbol.near_words("completion_length")


@pytest.mark.slow
def test_a_library_that_prints_breaks_or_hangs_is_survived(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    (library / "noisy_lib.py").write_text(
        'import os, sys\nprint("x" * 100_000)\nprint("{", file=sys.stderr)\nTOKEN = os.environ.get("SECRET_TOKEN", "none")\n'
        "def f(a, *, token=TOKEN):\n    pass\n"
    )
    (library / "broken_lib.py").write_text("raise RuntimeError('no such driver\\nand more')\n")
    (library / "leaving_lib.py").write_text("raise SystemExit(3)\n")
    (library / "hanging_lib.py").write_text("import time\ntime.sleep(60)\n")
    start = time.monotonic()
    found = Here(seconds=4, also=[library]).look(
        ["noisy_lib.f", "broken_lib.f", "leaving_lib", "json.dumps", "hanging_lib.f", "math.sin"]
    )
    assert time.monotonic() - start < 20
    assert found["noisy_lib.f"].words == ("a", "token")
    assert (found["noisy_lib.f"].takes or ())[1].default == "'none'"
    assert found["broken_lib.f"].broken == "RuntimeError: no such driver"
    assert "SystemExit" in found["leaving_lib"].broken
    assert found["json.dumps"].found, "what was answered before the deadline counts"
    assert "hanging_lib.f" not in found
    assert "math.sin" not in found


def test_an_argument_that_a_decorator_still_understands_is_known(library: Path) -> None:
    (library / "renaming_lib.py").write_text(
        "import functools\n"
        "def renamed(old, new):\n"
        "    def wrap(f):\n"
        "        @functools.wraps(f)\n"
        "        def inner(*args, **kwargs):\n"
        "            kwargs[new] = kwargs.pop(old, kwargs.get(new))\n"
        "            return f(*args, **kwargs)\n"
        "        return inner\n"
        "    return wrap\n"
        "@renamed('tokenizer', 'processing_class')\n"
        "def train(model, processing_class=None):\n    pass\n"
    )
    symbol = Here(also=[library]).look(["renaming_lib.train"])["renaming_lib.train"]
    assert "tokenizer" in symbol.also
    assert symbol.words == ("model", "processing_class")


def test_what_was_found_is_kept_until_something_else_is_installed(library: Path, tmp_path: Path) -> None:
    (library / "kept_lib.py").write_text("def f(a):\n    pass\n")
    cache = tmp_path / "cache"
    assert Here(cache, also=[library]).look(["kept_lib.f"])["kept_lib.f"].words == ("a",)
    (library / "kept_lib.py").write_text("def f(b):\n    pass\n")
    assert Here(cache, also=[library]).look(["kept_lib.f"])["kept_lib.f"].words == ("a",)
    (library / "kept_lib-2.0.dist-info").mkdir()
    assert Here(cache, also=[library]).look(["kept_lib.f"])["kept_lib.f"].words == ("b",)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"json.dumps": 3}', '{"json.dumps": {"found": true, "takes": [{"odd": 1}]}}']
)
def test_a_damaged_cache_is_none(tmp_path: Path, text: str) -> None:
    Here(tmp_path).look(["json.dumps"])
    (kept,) = tmp_path.iterdir()
    assert json.loads(kept.read_text())["json.dumps"]["found"]
    kept.write_text(text)
    assert Here(tmp_path).look(["json.dumps"])["json.dumps"].found


def test_what_is_broken_is_asked_again(library: Path, tmp_path: Path) -> None:
    (library / "mended_lib.py").write_text("1 / 0\n")
    assert Here(tmp_path / "c", also=[library]).look(["mended_lib.f"])["mended_lib.f"].broken
    (library / "mended_lib.py").write_text("def f(a):\n    pass\n")
    os.utime(library / "mended_lib.py", (1, 1))
    assert Here(tmp_path / "c", also=[library]).look(["mended_lib.f"])["mended_lib.f"].found


def test_packages_and_versions(here: Here) -> None:
    assert here.packages("sklearn") == ("scikit-learn",)
    assert here.packages("json") == ()
    assert here.packages("nonesuch") == ()
    assert here.version("nonesuch") is None
    assert (here.version("numpy") or "")[0].isdecimal()
