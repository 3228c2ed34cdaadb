"""How many planted overlaps are found, by the way a text was changed, and how many clean texts are taken for copies.

python bench/planted.py --rows 20000             score the overlap detector
python bench/planted.py --rows 20000 --command   score `postgrad audit` on the same files
python bench/planted.py --rows 20000 --write F   only write train.jsonl, test.jsonl and truth.json to the folder F; --read F scores them
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.planted import mutate
from tests.planted import scripts_of_the_world as world
from tests.planted.words import distinct, fill, paragraph, prose

TESTS = 2_000
BATCH = 5_000
INSTRUCTIONS = (
    "Read the passage below and decide whether its tone is positive, negative or neutral. Answer with one word. Passage: ",
    "Translate the following text into plain English, keep all names and numbers as they are, and add nothing. Text: ",
    "You are a helpful assistant. Summarise the user's note in a single sentence that a child could understand. Note: ",
    "Below is an instruction that describes a task. Write a response that appropriately completes the request. ",
    "Extract every person, place and number from the document and return them as a JSON list. Document: ",
)
TEMPLATES = (
    "{name} has {number} {plain}s and buys {number} more in {name}. Each costs {number} cents. How much did {name} pay in all?",
    "A shop in {name} sold {number} {plain}s on Monday and {number} on Tuesday. How many {plain}s did it sell on both days?",
    "If a {plain} weighs {number} grams, how many grams do {number} of them weigh, and how many fit in a box of {number}?",
    "{name} walks {number} miles to {name} and {number} miles back. How far is it in kilometres, to the nearest {number}?",
    "There are {number} {plain}s in {number} baskets. {name} takes {number} of them away. How many are left for {name}?",
)
Mutation = Callable[[str, random.Random], str]
ENGLISH: dict[str, Mutation] = {
    **mutate.KINDS,
    "edit in capitals": lambda text, rng: mutate.recase(mutate.edit(text, rng), rng),
    "reorder and typos": lambda text, rng: mutate.mistype(mutate.reorder(text, rng), rng),
}
CHINESE: dict[str, Mutation] = {
    "exact": lambda text, rng: text,
    "edit": world.edit_characters,
    "punctuation": lambda text, rng: text.replace("，", ",").replace("。", "."),
    "embedded": lambda text, rng: world.chinese(rng, 5) + text + world.chinese(rng, 5),
    "reorder": lambda text, rng: "。".join([*text.rstrip("。").split("。")[1:], text.split("。")[0]]) + "。",
}


def english(rng: random.Random, templates: bool = True) -> str:
    """One text: two in five carry a long instruction, one in ten is a template with other names and numbers."""
    draw = rng.random()
    if draw < 0.1 and templates:
        return fill(rng, rng.choice(TEMPLATES))
    return (rng.choice(INSTRUCTIONS) if draw < 0.5 else "") + paragraph(rng, 2, 4)


def make(folder: Path, rows: int, seed: int, chinese: bool) -> dict[str, Any]:
    """Write both files; returns for each test row how it was planted and where, or what sort of clean row it is."""
    rng = random.Random(f"bench {seed} {chinese}")
    kinds = CHINESE if chinese else ENGLISH
    real = [] if chinese else _real(rng, 100)
    planted = TESTS * 3 // 5
    test: list[str] = []
    sort: list[str] = []
    for i in range(planted):
        test.append(world.chinese(rng, 4) if chinese else english(rng, templates=False))
        sort.append(list(kinds)[i % len(kinds)])
    for i in range(TESTS - planted - len(real)):
        twin = not chinese and i < 200
        test.append(
            fill(rng, rng.choice(TEMPLATES))
            if twin
            else world.chinese(rng, 4)
            if chinese
            else english(rng, templates=False)
        )
        sort.append("clean template twin" if twin else "clean")
    test += real
    sort += ["clean real prose"] * len(real)
    places = dict(zip(rng.sample(range(rows), planted), range(planted), strict=True))
    pool = [] if chinese else [t for t in prose("networkx") if t not in set(real)]
    with (folder / "train.jsonl").open("w", encoding="utf-8") as out:
        for i in range(rows):
            if i in places:
                text = kinds[sort[places[i]]](test[places[i]], rng)
            elif chinese:
                text = world.chinese(rng, 4)
            else:
                text = rng.choice(pool) if pool and rng.random() < min(0.05, 500 / rows) else english(rng)
            out.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    lines = (json.dumps({"text": t}, ensure_ascii=False) + "\n" for t in test)
    (folder / "test.jsonl").write_text("".join(lines), encoding="utf-8")
    truth = {"sort": sort, "train": {row: place for place, row in places.items()}}
    (folder / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    return truth


def _real(rng: random.Random, count: int) -> list[str]:
    """Paragraphs of one package that share at most half their words with any of the other package's."""
    theirs = [frozenset(t.lower().split()) for t in prose("networkx")]
    mine = (
        list(prose("sklearn", "metrics"))
        + list(prose("sklearn", "linear_model"))
        + list(prose("sklearn", "model_selection"))
    )
    rng.shuffle(mine)
    kept = []
    for text in distinct(mine, 2 * count):
        words = frozenset(text.lower().split())
        if all(len(words & other) <= len(words) / 2 for other in theirs):
            kept.append(text)
    return kept[:count]


def stream(path: Path) -> Iterator[list[str]]:
    batch: list[str] = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            batch.append(json.loads(line)["text"])
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def score_door(folder: Path, truth: dict[str, Any]) -> None:
    """Recall by mutation, precision by rows and by pairs, and what it cost."""
    from lab.checks.overlap.find import find_overlap

    test = [text for batch in stream(folder / "test.jsonl") for text in batch]
    began = time.process_time()
    rows = sum(len(batch) for batch in stream(folder / "train.jsonl"))
    reading, memory, began = time.process_time() - began, _peak(), time.process_time()
    found = find_overlap(test, stream(folder / "train.jsonl"))
    spent = time.process_time() - began
    sort, where = truth["sort"], {int(k): v for k, v in truth["train"].items()}
    twins = {p.test for p in found.pairs if p.grade == "template"}  # told of, and not called copies
    pairs = {(p.test, p.train): p.grade for p in found.pairs if p.grade != "template"}
    told = {test_row for test_row, _ in pairs}
    doubted = {p.test for p in found.doubtful} - told
    grades: dict[str, Counter[str]] = defaultdict(Counter)
    for (row, place), grade in pairs.items():
        if where.get(row) == place:
            grades[sort[row]][str(grade)] += 1
    total, right, maybe = Counter(sort), Counter(sort[r] for r in told), Counter(sort[r] for r in doubted)
    exact_pair = Counter(sort[row] for row, place in pairs if where.get(row) == place)
    print(f"{'sort':22} {'rows':>5} {'told':>6} {'its pair':>8} {'doubted':>8}  grades")
    for name in dict.fromkeys(sort):
        n = total[name]
        print(
            f"{name:22} {n:5} {right[name] / n:6.3f} {exact_pair[name] / n:8.3f} {maybe[name] / n:8.3f}  {dict(grades[name])}"
        )
    planted = {r for r, s in enumerate(sort) if not s.startswith("clean")}
    hits, pair_hits = len(told & planted), sum(where.get(row) == place for row, place in pairs)
    print(f"recall {hits / len(planted):.4f}   precision of rows {hits / max(1, len(told)):.4f}", end="   ")
    print(f"precision of pairs {pair_hits / max(1, len(pairs)):.4f} of {len(pairs)}")
    print(f"{len(twins - told)} test rows called twins of a template only")
    print(
        f"{rows:,} train rows: {spent:.1f} s of processor, {reading:.1f} s of it to read; peak +{_peak() - memory:.0f} MB"
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def score_command(folder: Path, truth: dict[str, Any]) -> None:
    """What the command counts, and whether its examples are planted rows."""
    words = [
        sys.executable,
        "-m",
        "app",
        "audit",
        str(folder / "train.jsonl"),
        str(folder / "test.jsonl"),
        "--text",
        "text",
    ]
    done = subprocess.run([*words, "--json"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"exit {done.returncode}: {done.stderr[-400:]}")
    said, sort = json.loads(done.stdout), truth["sort"]
    print(f"verdict {said['verdict']}; planted {sum(not s.startswith('clean') for s in sort)} of {len(sort)} test rows")
    for finding in said["findings"]:
        shown = Counter(sort[e["test"]] for e in finding["examples"] if isinstance(e.get("test"), int))
        print(f"{finding['kind']:18} {finding['severity']:6} {finding['count']:6}  examples {dict(shown)}")


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("--rows", type=int, default=20_000, help="training rows")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--chinese", action="store_true", help="texts without spaces")
    asked.add_argument("--command", action="store_true", help="score `postgrad audit` instead of the detector")
    asked.add_argument("--write", type=Path, help="only write the files to this folder")
    asked.add_argument("--read", type=Path, help="score on the files of this folder, written earlier")
    options = asked.parse_args()
    if options.rows < TESTS:
        asked.error(f"at least {TESTS} rows")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.read or options.write or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        if options.read:
            truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        else:
            truth = make(folder, options.rows, options.seed, options.chinese)
        if not options.write:
            (score_command if options.command else score_door)(folder, truth)


if __name__ == "__main__":
    main()
