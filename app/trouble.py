"""When a command can't do what was asked: one line for the person, the traceback for the log."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
import traceback

from app import out
from app.home import home_path
from state.errors import PostgradError
from state.words import EXIT_USAGE

DEFECT = 6


def told(wrong: PostgradError) -> int:
    """An error made for people; where the request itself was wrong, nothing is created, not even a log."""
    if wrong.exit_code != EXIT_USAGE:
        _log(wrong)
    return _say(out.one_line(wrong), wrong.exit_code)


def broke(wrong: Exception) -> int:
    """An error nobody thought of."""
    kept = _log(wrong)
    where = (
        f"the traceback is in {kept}"
        if kept
        else "run it again with POSTGRAD_HOME set to a folder you may write to, for a traceback"
    )
    return _say(f"{_what(wrong)}; {where}", DEFECT)


def _what(wrong: Exception) -> str:
    if isinstance(wrong, sqlite3.DatabaseError):
        return f"checkpoints.sqlite can't be read: {out.one_line(wrong)}; restore it from a copy or move it away"
    return f"{type(wrong).__name__}: {out.one_line(wrong)}"


def _say(line: str, code: int) -> int:
    if "--json" in sys.argv[1:]:
        out.tell(json.dumps({"error": line, "exit_code": code}, ensure_ascii=False))
    out.say(f"postgrad: {line}")
    return code


def _log(wrong: BaseException) -> str:
    """Append to the home's log; a home that is not there is not made for this."""
    home = home_path()
    if not (home.is_dir() and os.access(home, os.W_OK)):
        return ""
    path = home / "postgrad.log"
    told = "".join(traceback.format_exception(wrong))
    try:
        with path.open("a", encoding="utf-8") as log:
            log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {' '.join(sys.argv)}\n{told}\n")
    except OSError:  # the disk may be what is wrong; the line on stderr still says so
        return ""
    return str(path)
