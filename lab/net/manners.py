"""What this process owes each host, whoever asks it: a pace, a pause it asked for, and no knocking while it is down."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

DOWN_FOR = 300.0
"""Seconds a host that could not be connected to is not tried again: a run without a network must not wait for each."""


@dataclass
class Manners:
    """One host's."""

    next_at: float = 0.0
    down_until: float = 0.0
    down_why: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take_turn(self, every: float) -> None:
        """Wait until it may be asked: each asker gets a moment of its own."""
        with self.lock:
            now = time.monotonic()
            mine = max(now, self.next_at)
            self.next_at = mine + every
        if mine > now:
            time.sleep(mine - now)

    def pause(self, seconds: float) -> None:
        """It asked everybody to wait."""
        with self.lock:
            self.next_at = max(self.next_at, time.monotonic() + seconds)

    def went_down(self, why: str) -> None:
        with self.lock:
            self.down_until, self.down_why = time.monotonic() + DOWN_FOR, why

    def came_up(self) -> None:
        self.down_until = 0.0

    def down(self) -> str:
        """Why it is not to be tried now; empty when it is."""
        return self.down_why if time.monotonic() < self.down_until else ""


_all: dict[str, Manners] = {}
_making = threading.Lock()


def manners(base: str) -> Manners:
    """The one record of this host in this process."""
    with _making:
        return _all.setdefault(base, Manners())
