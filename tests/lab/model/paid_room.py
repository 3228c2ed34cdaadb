"""A run's folder and who asks in it, opened anew as a process that was killed would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.ledger.ledger import Ledger
from lab.model.chat import PaidChat, open_chat
from lab.model.helm import Helm, Role

MODEL = "openai/gpt-4o-mini"
PLAIN = Helm(MODEL)


@dataclass
class Room:
    home: Path
    budget: float | None = None

    @property
    def workspace(self) -> Path:
        return self.home / "runs" / "r"

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.workspace / "ledger.jsonl", self.budget)

    def chat(self, helm: Helm = PLAIN, role: Role = "reading", most: int = 300, visit: str = "1") -> PaidChat:
        self.workspace.mkdir(parents=True, exist_ok=True)
        opened = open_chat(
            helm, role, home=self.home, workspace=self.workspace, ledger=self.ledger, most_calls=most, visit=visit
        )
        return opened.model_copy(update={"waits": (0.0, 0.0)})

    def lines(self, name: str = "replies.jsonl") -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.workspace / name).read_text().splitlines()]
