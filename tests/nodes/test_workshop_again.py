"""Tiny runs as the engine keeps them: each attempt with metrics of its own; one that was cut off is found again with all it said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.compute.engine import JobStatus
from nodes.tools.workshop_draft import Workshop
from nodes.tools.workshop_files import Files
from tests.nodes.test_workshop import Runs, root, tools_of  # noqa: F401  `root` is a fixture


class Kept(Runs):
    """As the engine does it: what an attempt logs is moved to a folder of its own, and a job there is is not run again."""

    shop: Workshop

    def __call__(self, argv: list[str], seconds: float) -> tuple[JobStatus, str]:
        place = self.shop.root / "attempts" / f"{self.shop.job(argv[0])}-1"
        if place.exists():
            return JobStatus(state="finished", rc=0, started_at=1.0, ended_at=2.0), ""
        place.mkdir(parents=True)
        metrics = self.shop.root / "metrics.jsonl"
        metrics.unlink(missing_ok=True)
        made = super().__call__(argv, seconds)
        if argv[0] == "train":
            metrics.rename(place / "metrics.jsonl")
            metrics.symlink_to(place / "metrics.jsonl")
        return made


def bench(shop: Workshop) -> tuple[object, Kept]:
    ask, _, tools = tools_of(shop)
    runs = Kept(shop.root)
    runs.shop = shop
    tools["run_tiny"].run.__self__.run = runs  # type: ignore[attr-defined]
    return ask, runs


def test_a_second_tiny_run_is_told_its_own_metrics(root: Path) -> None:  # noqa: F811
    ask, _ = bench(Workshop(root))
    first = ask("run_tiny", command="train")  # type: ignore[operator]
    second = ask("run_tiny", command="train", set={"steps": 2})  # type: ignore[operator]
    assert "train finished" in first and "metrics, " in first
    assert "train finished" in second and "metrics, 2 lines" in second


def test_one_that_was_cut_off_is_found_again_with_its_metrics_and_its_predictions(root: Path) -> None:  # noqa: F811
    ask, runs = bench(Workshop(root))
    said = ask("run_tiny")  # type: ignore[operator]
    assert "train finished" in said and "predict finished" in said
    book = root / ".versions" / "runs.jsonl"
    book.write_text(book.read_text().splitlines()[0] + "\n")  # killed before it was written down that it had ended
    again, found = bench(Workshop(root))
    told = again("run_tiny")  # type: ignore[operator]
    assert "train finished" in told and "metrics, " in told
    assert "predict finished" in told
    assert len(runs.asked) == 2 and not found.asked, "nothing is run twice"


def test_files_that_are_read_side_by_side_are_all_remembered(tmp_path: Path) -> None:
    """A model may ask for several in one reply, and may edit each of them afterwards."""
    names = [f"notes{n}.md" for n in range(8)]
    for n, name in enumerate(names):
        (tmp_path / name).write_text(f"text {n}\n")
    for _ in range(20):
        files = Files(tmp_path)
        (files.kept / "seen.json").unlink(missing_ok=True)
        with ThreadPoolExecutor(8) as threads:
            for done in [threads.submit(files.page, name, 1, 10) for name in names]:
                done.result()
        assert [name for name in names if not files.has_seen(name, files.text(name))] == []
