"""Is a script fit to be run? Honest scripts in many styles, and one planted fault at a time."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract_planted import PLANTED, Plant, add, put
from contract_scripts import HONEST, Honest

from lab.checks.contract.check import LONGEST, check_script
from lab.checks.contract.fault import Contract
from lab.checks.contract.signatures import Here
from lab.recipes.registry import recipes

NEEDS_TRAIN = {"torch", "trainer", "trl", "grpo_tiny", "sft_tiny"}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Here:
    return Here(tmp_path_factory.mktemp("cache"))


def check(script: Honest, here: Here | None, network: bool = False) -> Contract:
    return check_script(
        script.source, config=script.config, columns=script.columns, files=script.files, installed=here, network=network
    )


def cases(names: dict[str, object] | list[str]) -> list[object]:
    return [pytest.param(n, marks=[pytest.mark.train] if n in NEEDS_TRAIN else [], id=n) for n in names]


@pytest.mark.slow
@pytest.mark.parametrize("name", cases(list(HONEST)))
def test_an_honest_script_has_no_fault(name: str, here: Here) -> None:
    found = check(HONEST[name], here)
    assert [str(fault) for fault in found.must_mend] == []
    assert found.fit
    assert not found.not_run


@pytest.mark.slow
@pytest.mark.parametrize("name", cases(["grpo_tiny", "sft_tiny", "classifier"]))
def test_the_bundled_scripts_have_no_fault(name: str, here: Here) -> None:
    spec = next(spec for spec in recipes().values() if spec.script.stem == name)
    files = ["train.jsonl", "validation_inputs.jsonl"]
    found = check_script(spec.script.read_text(), config=spec.default, columns=["a"], files=files, installed=here)
    assert [str(fault) for fault in found.must_mend] == []
    assert {w.kind for w in found.warnings} <= {"dependencies", "seeds"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("base", "plant", "kind", "says"),
    [pytest.param(*v, marks=[pytest.mark.train] if v[0] in NEEDS_TRAIN else [], id=k) for k, v in PLANTED.items()],
)
def test_a_planted_fault_is_named(base: str, plant: Plant, kind: str, says: str, here: Here) -> None:
    found = check(plant(HONEST[base]), here)
    told = [str(fault) for fault in found.must_mend]
    assert any(fault.kind == kind and says in str(fault) for fault in found.must_mend), told
    assert not found.fit


@pytest.mark.slow
def test_a_fault_says_its_line_and_little_else_is_said(here: Here) -> None:
    script = HONEST["sklearn"].planted("Ridge(alpha=", "Ridge(alhpa=")
    (fault,) = check(script, here).must_mend
    assert "Ridge(alhpa=" in script.source.splitlines()[fault.line - 1]


def test_what_does_not_parse_is_said_alone() -> None:
    found = check(HONEST["sklearn"].planted("def train(config, resume):", "def train(config, resume)"), None)
    (fault,) = found.faults
    assert fault.kind == "parses"
    assert fault.line == HONEST["sklearn"].source[: HONEST["sklearn"].source.index("def train(")].count("\n") + 1


@pytest.mark.parametrize(
    "source", ["x = " + "(" * 90 + ")" * 90 + "\0", "x" * (LONGEST + 1), "x = " + "-" * 50_000 + "1"]
)
def test_a_monster_is_refused_in_one_line(source: str) -> None:
    (fault,) = check_script(source, config={}, columns=[], files=[]).faults
    assert fault.kind == "parses"
    assert "\n" not in str(fault)


def test_without_anybody_to_ask_imports_are_not_passed_but_not_run() -> None:
    found = check(HONEST["sklearn"].planted("Ridge(alpha=", "Ridge(alhpa="), None)
    assert found.fit
    assert found.not_run == ("imports, arguments and dependencies: nobody to ask what is installed",)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("base", "plant", "kind"),
    [
        ("sklearn", put("import numpy", "try:\n    import nonesuch\nexcept ImportError:\n    pass\nimport numpy"), "imports"),
        ("sklearn", put('Ridge(alpha=config["alpha"]', 'Ridge(**{k: config[k] for k in ("alpha",)}'), "arguments"),
        ("sklearn", add("import random; random.Random(0)"), "seeds"),
        ("sklearn", add('config.get("patience", 3)'), "config"),
        ("sklearn", add('rows_of("data/train.jsonl")[0].get("weight", 1)'), "columns"),
        ("sklearn", add("import requests"), "network"),
        ("sklearn", add("if config['alpha'] > 3:\n        import torch_xla"), "imports"),
        pytest.param(
            "torch", add("if hasattr(torch, 'npu'):\n        torch.npu.synchronize()"), "imports", marks=pytest.mark.train
        ),
        pytest.param(
            "trainer",
            put("data = data.map(", 'data = data.map(f)\n    if resume:\n        data["made_by_f"]\n    data = data.map('),
            "columns",
            marks=pytest.mark.train,
        ),
    ],
    ids=["optional import", "spread comprehension", "fixed subset", "default", "optional column", "import only",
         "another machine", "another device", "column made by map"],
)  # fmt: skip
def test_what_may_be_meant_is_told_and_no_fault(base: str, plant: Plant, kind: str, here: Here) -> None:
    found = check(plant(HONEST[base]), here)
    assert kind not in {f.kind for f in found.must_mend}, [str(f) for f in found.must_mend]


def test_a_granted_network_is_no_fault(here: Here) -> None:
    script = add("import urllib.request; urllib.request.urlopen('http://x')")(HONEST["sklearn"])
    assert not check(script, here).fit
    assert check(script, here, network=True).fit


def test_warnings_are_told_after_faults_and_what_was_not_looked_at_last() -> None:
    script = add("import random; random.Random(0)")(HONEST["sklearn"]).planted('"step": 1', '"epoch": 1')
    lines = list(check(script, None).lines())
    assert lines[0].startswith("fault (metrics, line ")
    assert lines[1].startswith("warning (")
    assert lines[-1].startswith("not looked at: ")


def test_a_script_is_never_run(tmp_path: Path, here: Here) -> None:
    mark = tmp_path / "ran"
    source = f"open({str(mark)!r}, 'w')\nimport sys\n__import__('pathlib').Path({str(mark)!r}).touch()\n"
    check_script(source, config={}, columns=[], files=[], installed=here)
    assert not mark.exists()
