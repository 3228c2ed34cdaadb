"""Ctrl-C from the first moment on: one line and exit 7, also while the rest of the command is still being imported."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

PAUSED = 7
"""`state.words.EXIT_PAUSED`, which is not imported here: nothing may come before this."""
OURS = ("postgrad", "postgrad.exe")


def leave(*_: object) -> NoReturn:
    """Past every buffer, since a signal may come in the middle of a write."""
    line = "interrupted; nothing that is on disk is lost, see: postgrad runs"
    for number, text in ((1, f'{{"error": "{line}", "exit_code": {PAUSED}}}\n'), (2, f"postgrad: {line}\n")):
        if number == 2 or "--json" in sys.argv[1:]:
            try:
                os.write(number, text.encode())
            except OSError:  # whoever read it is gone too
                continue
    os._exit(PAUSED)


def watch_out() -> None:
    """Only where the command owns the process: a server or a test that imports it keeps its own ways."""
    if sys.argv[0].endswith(OURS) or sys.orig_argv[1:3] == ["-m", "app"]:
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, leave)


def raise_instead() -> None:
    """For a command that ends in its own way."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
