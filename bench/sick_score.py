"""How well sick trainings are found: `python -m bench.sick_score [DIR ...] [--door python|command] [--each]`.

Without folders, the recorded halves under tests/planted/runs. A stop counts only if it is also given when the stream ends
at its step. Found: a stop within a quarter of the plan after the onset. Delays and savings are shares of the plan.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.sick.record import Lines
from bench.sick.verdict import Detect, Record, Said, Verdict, in_process, judge, read, recorded

ROOT = Path(__file__).parents[1]
HALVES = [ROOT / "tests/planted/runs/tuning", ROOT / "tests/planted/runs/unseen"]


def by_command(folder: Path) -> Detect:
    """`postgrad diagnose`, as a person would ask it; a clone is held against the run it repeats."""

    def ask(record: Record, lines: Lines) -> list[Said]:
        with tempfile.TemporaryDirectory() as scratch:
            stream, config = Path(scratch) / "metrics.jsonl", Path(scratch) / "config.json"
            stream.write_text("".join(json.dumps(line) + "\n" for line in lines))
            config.write_text(json.dumps(record["config"]))
            words = ["diagnose", str(stream), "--steps", str(record["planned"]), "--config", str(config), "--json"]
            if "clone_of" in record:
                first = Path(scratch) / "first.jsonl"
                first.write_text("".join(json.dumps(x) + "\n" for x in read(folder / f"{record['clone_of']}.jsonl.gz")))
                words += ["--against", str(first)]
            done = subprocess.run([sys.executable, "-m", "app", *words], capture_output=True, text=True, cwd=ROOT)
        if done.returncode not in (0, 1):
            raise SystemExit(f"{record['name']}: postgrad diagnose ended with {done.returncode}: {done.stderr.strip()}")
        return [SimpleNamespace(**signal) for signal in json.loads(done.stdout)["signals"]]

    return ask


def ask_all(folders: Iterable[Path], door: str) -> list[Verdict]:
    verdicts = []
    for folder in folders:
        command = by_command(folder)
        for record, stream in recorded(folder):
            detect = command if door == "command" or "clone_of" in record else in_process
            verdicts.append(judge(record, read(stream), detect))
    return verdicts


def row(fault: str, some: list[Verdict]) -> str:
    delays = sorted(each.delay for each in some if each.delay is not None)
    middle = f"{statistics.median(delays):.2f}" if delays else "-"
    worst = f"{max(delays):.2f}" if len(delays) == len(some) else "never"
    saved = statistics.mean(each.saved for each in some)
    early = sum(bool(each.early) for each in some)
    right = sum(each.right for each in some)
    return (
        f"| {fault} | {len(some)} | {sum(each.found for each in some)} | {right} | {middle} | {worst} "
        f"| {saved:.2f} | {early} |"
    )


def table(verdicts: list[Verdict]) -> None:
    def group(severity: str) -> dict[str, list[Verdict]]:
        found: dict[str, list[Verdict]] = {}
        for each in verdicts:
            if each.record["severity"] == severity:
                found.setdefault(each.record["fault"], []).append(each)
        return found

    print("| to be stopped | runs | found | right kind | median delay | worst | saved | stopped before onset |")
    print("|---|---|---|---|---|---|---|---|")
    for fault, some in group("stop").items():
        print(row(fault, some))
    everyone = [each for some in group("stop").values() for each in some]
    if everyone:
        print(row("**all**", everyone))
    print("\n| to be warned of | runs | right kind | stopped |\n|---|---|---|---|")
    for fault, some in group("warn").items():
        stopped = sum(bool(each.stops or each.early) and not each.record.get("stop_ok") for each in some)
        print(f"| {fault} | {len(some)} | {sum(each.right for each in some)} | {stopped} |")
    print("\n| healthy | runs | stopped | warned | by |\n|---|---|---|---|---|")
    for fault, some in group("none").items():
        kinds = Counter(kind for each in some for _, kind in {*each.early, *each.warns})
        by = ", ".join(f"{kind} {n}" for kind, n in kinds.most_common())
        stopped, warned = sum(bool(each.early) for each in some), sum(bool(each.warns) for each in some)
        print(f"| {fault} | {len(some)} | {stopped} | {warned} | {by} |")


def target(verdicts: list[Verdict]) -> str:
    sick = [each for each in verdicts if each.record["severity"] == "stop"]
    well = [each for each in verdicts if each.record["healthy"]]
    found, stopped = sum(each.found for each in sick), sum(bool(each.early) for each in well)
    back = sum(bool(each.unseen_then) for each in verdicts)
    met = found == len(sick) and not stopped
    return (
        f"\n{'Target met' if met else 'Target missed'}: {found} of {len(sick)} broken runs found within a quarter of their "
        f"plan after onset; {stopped} of {len(well)} healthy runs stopped; stops dated back: {back} runs."
    )


def each_run(verdicts: list[Verdict]) -> None:
    for v in verdicts:
        told: dict[str, Any] = {"early": v.early, "stops": v.stops[:4], "warns": v.warns[:4], "back": v.unseen_then[:3]}
        seen = "; ".join(f"{key} {value}" for key, value in told.items() if value)
        print(
            f"{v.record['name']:32} onset {v.record['onset']!s:>4} of {v.record['planned']}: {seen or 'nothing said'}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*", default=HALVES)
    parser.add_argument("--door", choices=("python", "command"), default="python")
    parser.add_argument("--each", action="store_true", help="a line for every run: not for those who write detectors")
    asked = parser.parse_args()
    verdicts = ask_all(asked.folders, asked.door)
    if asked.each:
        each_run(verdicts)
    table(verdicts)
    print(target(verdicts))


if __name__ == "__main__":
    main()
