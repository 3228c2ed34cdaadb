"""Putting our run.py into an experiment's folder."""

from __future__ import annotations

from pathlib import Path

_TEMPLATE = Path(__file__).with_name("run_template.py")


def harness_text() -> str:
    """The text of run.py."""
    return _TEMPLATE.read_text()


def install_harness(folder: Path) -> Path:
    """Copy run.py into the folder; the same text again where it is there already."""
    path = folder / "run.py"
    path.write_text(harness_text())
    return path
