"""What every test shares: a home of its own, no network, one thread, and a record of what this machine could not test."""

from __future__ import annotations

import importlib.util
import os
from collections import defaultdict
from pathlib import Path

import pytest

OFFLINE = {
    "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "OMP_NUM_THREADS": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}  # fmt: skip
os.environ.update(OFFLINE)  # before any library reads them

NEEDED = ("torch", "trl")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that no other test sees."""
    place = tmp_path / "home"
    monkeypatch.setenv("POSTGRAD_HOME", str(place))
    return place


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Remember(config), "untested")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    longest_first(items)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if not missing:
        return
    why = pytest.mark.skip(reason=f"training with torch: {', '.join(missing)} not installed (the extra 'train')")
    for item in items:
        if item.get_closest_marker("train"):
            item.add_marker(why)


def longest_first(items: list[pytest.Item]) -> None:
    """Files that may take long begin first, so that no worker is alone with one in the end."""
    allowed: dict[Path, float] = defaultdict(float)
    for item in items:
        mark = item.get_closest_marker("timeout")
        allowed[item.path] = max(allowed[item.path], mark.args[0] if mark else 0)
    items.sort(key=lambda item: -allowed[item.path])


class Remember:
    """Which tests were left out, and why; `python -m tests.untested` reads it."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.seen: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and isinstance(report.longrepr, tuple) and not hasattr(report, "wasxfail"):
            self.seen[report.nodeid] = report.longrepr[2].removeprefix("Skipped: ")
        elif report.when == "call":
            self.seen[report.nodeid] = ""

    def pytest_sessionfinish(self) -> None:
        cache = getattr(self.config, "cache", None)  # absent under -p no:cacheprovider
        if cache is None or hasattr(self.config, "workerinput"):
            return
        known = {**cache.get("untested/why", {}), **self.seen}
        there = {name: why for name, why in known.items() if (self.config.rootpath / name.split("::")[0]).exists()}
        cache.set("untested/why", there)
