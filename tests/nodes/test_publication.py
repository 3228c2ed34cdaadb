"""Publishing, against a stand-in that speaks the Hub's protocol to the real client."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lab.compute.local import LocalEngine
from lab.ledger.journal import Journal
from lab.ledger.ledger import Ledger
from nodes.desk import Desk
from nodes.publication import publication
from state.errors import EnvironmentTrouble


class Hub(ThreadingHTTPServer):
    """Takes repositories and commits, and remembers them."""

    daemon_threads = True

    def __init__(self, accepts: bool) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.accepts = accepts
        self.commits: list[dict[str, Any]] = []
        self.created: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Answers(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_: object) -> None:
        pass

    def _say(self, body: dict[str, Any], status: int = 200) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def do_GET(self) -> None:
        if not self.server.accepts:
            self._say({"error": "Invalid credentials"}, 401)
            return
        model = {"id": "someone/mine", "sha": "0" * 40, "siblings": [], "private": True}
        self._say(model if self.path.startswith("/api/models/") else {"name": "someone", "type": "user"})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.server.accepts or self.headers.get("Authorization") != "Bearer hf_test":
            self._say({"error": "Invalid credentials"}, 401)
        elif self.path == "/api/repos/create":
            asked = json.loads(raw)
            self.server.created.append(asked)
            self._say({"url": f"{self.server.url}/someone/{asked['name']}", "name": f"someone/{asked['name']}"})
        elif "/preupload/" in self.path:
            files = json.loads(raw)["files"]
            self._say({"files": [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]})
        elif "/commit/" in self.path:
            lines = [json.loads(line) for line in raw.splitlines()]
            self.server.commits.append({"path": self.path, "lines": lines})
            self._say(
                {
                    "success": True,
                    "commitOid": "0" * 40,
                    "commitUrl": f"{self.server.url}/someone/mine/commit/0",
                    "hookOutput": "",
                }
            )
        else:
            self._say({"warnings": [], "errors": []})


@pytest.fixture(params=[True])
def hub(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    server = Hub(request.param)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    yield server
    server.shutdown()
    server.server_close()


def desk_at(home: Path) -> Desk:
    workspace = home / "runs" / "mine"
    model = workspace / "experiments" / "e004" / "model"
    model.mkdir(parents=True)
    (model / "weights.json").write_text("[1, 2]")
    return Desk(
        home=home, run="mine", stage="publication", engine=LocalEngine(home), journal=Journal(workspace / "journal.jsonl"),
        ledger=Ledger(workspace / "ledger.jsonl"), say=lambda _: None,
    )  # fmt: skip


def state_asking(experiment: str) -> Any:
    score = {
        "metric": "accuracy",
        "direction": "maximize",
        "value": 0.9,
        "interval": [0.8, 0.95],
        "n": 100,
        "split": "sealed",
    }
    args = {"repo": "mine", "experiment": experiment, "private": True}
    return {
        "run": "mine",
        "goal": {"task": "tell wines apart"},
        "card": {"name": "wine", "rows": 178, "seal": "abc"},
        "best": {"config": {"model": "sgd"}},
        "reproduction": {"result": "identical", "why": "all the same"},
        "examination": {
            "finalist": ["e004"], "score": score, "baseline_score": {**score, "value": 0.5}, "gain": 0.4, "gain_interval": [0.3, 0.5],
            "per_seed": {"e004": 0.9}, "looks": 1, "checks": [{"name": "range", "result": "PASS"}],
        },
        "decisions": {"publication": {"gate": "publication", "answer": "approve", "by": "person", "why": "yes", "args": args}},
    }  # fmt: skip


def test_the_model_and_its_card_reach_the_hub(hub: Hub, tmp_path: Path) -> None:
    update = publication(state_asking("e004"), desk_at(tmp_path))
    assert update["publication"]["done"]
    assert hub.created[0].get("private") is True or hub.created[0].get("visibility") == "private"
    (commit,) = hub.commits
    assert commit["path"].startswith("/api/models/someone/mine/commit/")
    sent = {line["value"]["path"] for line in commit["lines"] if line["key"] == "file"}
    assert sent == {"README.md", "weights.json"}
    card = (tmp_path / "runs/mine/experiments/e004/model/README.md").read_text()
    assert "0.9000 (95 % interval 0.8000 to 0.9500)" in card
    assert "100 sealed rows" in card


def test_a_model_that_was_not_examined_is_not_published(hub: Hub, tmp_path: Path) -> None:
    update = publication(state_asking("e009"), desk_at(tmp_path))
    assert not update["publication"]["done"]
    assert "was not examined" in update["publication"]["why"]
    assert hub.commits == []


@pytest.mark.parametrize("hub", [False], indirect=True)
def test_a_refused_sign_in_pauses_the_run_with_one_line(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentTrouble, match=r"the Hub did not take mine: .*401.*HF_TOKEN.*postgrad resume mine"):
        publication(state_asking("e004"), desk_at(tmp_path))
