"""Data sets on the Hub through `datasets`, in processes of their own: parquet comes in, trouble is one line, and soon."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.standins.hub import HubStandIn

ASK = """
import sys
from pathlib import Path
from lab.data.acquire import acquire
from state.errors import UserError
for name in sys.argv[1:]:
    try:
        made = acquire(name, Path("."))
        print(made.source, made.kind, len(made.rows), "; ".join(made.notes))
    except UserError as error:
        print(error)
"""
ROWS = [{"question": f"What is {n}+{n + 1}?", "answer": str(2 * n + 1)} for n in range(120)]
PARTS = (
    "---\nconfigs:\n- config_name: en\n  data_files: en/*.parquet\n- config_name: de\n  data_files: de/*.parquet\n---\n"
)


def ask(tmp_path: Path, env: dict[str, str], *names: str) -> list[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("HF_") and not k.endswith("_OFFLINE")}
    settings = {**kept, "HF_HOME": str(tmp_path / "hf"), "PYTHONPATH": os.pathsep.join(sys.path), **env}
    done = subprocess.run(
        [sys.executable, "-c", ASK, *names], cwd=tmp_path, env=settings, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.slow
def test_parquet_comes_in_and_troubles_are_told_apart(tmp_path: Path) -> None:
    with HubStandIn() as hub:
        files = {"data/train-00000-of-00001.parquet": ROWS, "data/test-00000-of-00001.parquet": ROWS[:30]}
        sha = hub.add_dataset("owner/sums", files, card="---\nlicense: mit\n---\n").sha()
        hub.add_dataset("owner/parts", {"en/a.parquet": ROWS[:70], "de/a.parquet": ROWS}, card=PARTS)
        hub.add_dataset("owner/secret", {"train.parquet": ROWS}, gated="manual")
        hub.add_dataset("owner/mine", {"train.parquet": ROWS}, private=True)
        hub.add_dataset("owner/gone", {"train.parquet": ROWS}, disabled=True)
        names = ["sums", "parts:en", "parts", "secret", "mine", "none", "gone"]
        said = ask(tmp_path, hub.env(tmp_path), *(f"owner/{name}" for name in names))
        signed_in = ask(tmp_path, hub.env(tmp_path, signed_in=True), "owner/mine")
    assert said[0].startswith(f"hub: owner/sums@{sha} generation 120 used split train; left alone: test")
    assert " generation 70 " in said[1]
    assert "choose one as owner/name:config" in said[2]
    assert said[3].startswith("owner/secret is gated: accept its terms")
    assert [line.split(":")[0] for line in said[4:6]] == [
        f"owner/{name} is not on the Hub, or is private" for name in ("mine", "none")
    ]
    assert said[6].startswith("owner/gone was disabled")
    assert " generation 120 " in signed_in[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env", "says"),
    [({"HF_ENDPOINT": "http://127.0.0.1:9"}, "the Hub can't be reached for owner/sums"), ({"HF_HUB_OFFLINE": "1"}, "set to offline")],
)  # fmt: skip
def test_a_hub_that_is_away_is_said_at_once(tmp_path: Path, env: dict[str, str], says: str) -> None:
    begun = time.monotonic()
    said = ask(tmp_path, {"NO_PROXY": "127.0.0.1", **env}, "owner/sums")
    assert says in said[0]
    assert time.monotonic() - begun < 12
