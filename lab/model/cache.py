"""Answers kept beyond a run, in `home/answers.sqlite`, for who repeats one: the same questions cost nothing again."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from state.errors import EnvironmentTrouble

ANSWERS = "answers.sqlite"
PATIENCE = 10.0
"""Seconds that one run waits for another one's write."""


class Answers:
    """By question, and by how often the run has asked it: a second asking gets the second answer."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, key: str, time: int) -> dict[str, Any] | None:
        found = self._do("SELECT reply FROM answers WHERE key = ? AND time = ?", (key, time))
        return json.loads(found[0][0]) if found else None

    def put(self, key: str, time: int, reply: dict[str, Any]) -> None:
        self._do("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (key, time, json.dumps(reply)))

    def _do(self, words: str, values: tuple[Any, ...]) -> list[Any]:
        """A connection each time: readers side by side are threads, and a call to a model dwarfs it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=PATIENCE)) as file, file:
                file.execute(
                    "CREATE TABLE IF NOT EXISTS answers (key TEXT, time INT, reply TEXT, PRIMARY KEY (key, time))"
                )
                return file.execute(words, values).fetchall()
        except (sqlite3.Error, OSError) as wrong:
            raise EnvironmentTrouble(f"{self.path} can't be used: {wrong}; move it away, then resume") from wrong
