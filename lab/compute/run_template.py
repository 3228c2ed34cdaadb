"""The harness of an experiment: records that it began, seeds everything, runs train.py in this process.

`python run.py train --config config.json [--resume]`
`python run.py predict --config config.json --inputs FILE --out FILE`

Standard library only; a stranger can read it and run it.
"""

import json
import os
import random
import re
import runpy
import sys
import time
import tomllib
from pathlib import Path

SEALED_OPENED = 97
"""How a process ends that reached for sealed answers; whoever started it knows by this that its result is void."""
FILES = {"open", "os.link", "os.symlink", "os.rename", "shutil.copyfile", "shutil.move", "shutil.copytree"}
COMMANDS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"}
TORCH = {"torch", "transformers", "trl", "peft", "accelerate", "torchvision", "sentence-transformers"}
NUMPY = {"numpy", "scipy", "pandas", "scikit-learn", "transformers", "trl", "peft", "accelerate", "datasets"}


def dependencies(script: str) -> list[str]:
    """The requirements of a script's PEP 723 header."""
    lines = script.splitlines()
    if "# /// script" not in lines:
        return []
    header = lines[lines.index("# /// script") + 1 :]
    header = header[: header.index("# ///")] if "# ///" in header else []
    text = "\n".join(line.removeprefix("#").removeprefix(" ") for line in header)
    return [str(entry) for entry in tomllib.loads(text).get("dependencies", [])]


def package(requirement: str) -> str:
    """The normal form of the name a requirement begins with."""
    name = re.match(r"\s*([A-Za-z0-9._-]+)", requirement)
    return re.sub(r"[-_.]+", "-", name[1]).lower() if name else ""


def record_start(folder: Path, argv: list[str]) -> None:
    """One line for each process that really began, on disk before anything else happens."""
    line = {
        "t": time.time(),
        "kind": os.environ.get("POSTGRAD_KIND") or (argv[0] if argv else ""),
        "attempt": os.environ.get("POSTGRAD_ATTEMPT", ""),
        "pid": os.getpid(),
        "argv": argv,
    }
    fd = os.open(folder / "starts.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(fd, (json.dumps(line) + "\n").encode())
        os.fsync(fd)
    finally:
        os.close(fd)


def keep_from_answers() -> None:
    """End this process the moment it reaches for sealed answers, whether or not the sandbox lets it see them.

    For what runs in Python, in this process; what other programs may open is the sandbox's work.
    """

    def sealed(said: str) -> bool:
        return "sealed" in said and "_answers.jsonl" in said

    def watch(event: str, args: tuple[object, ...]) -> None:
        if event in FILES:
            names = [os.fsdecode(a) for a in args[:2] if isinstance(a, (str, bytes, os.PathLike))]
            caught = [name for name in names if sealed(os.path.realpath(name))]
        elif event in COMMANDS:
            caught = [str(args)[:200]] if sealed(str(args)) else []
        else:
            return
        if caught:
            os.write(2, f"run.py: this process reached for sealed answers: {caught[0]}\n".encode())
            os._exit(SEALED_OPENED)

    sys.addaudithook(watch)


def seed_of(folder: Path, argv: list[str]) -> int:
    """The seed in the config this run reads; 0 where it names none."""
    name = argv[argv.index("--config") + 1] if "--config" in argv[:-1] else "config.json"
    path = folder / name
    seed = json.loads(path.read_text()).get("seed", 0) if path.is_file() else 0
    return int(seed) % 2**32


def seed_everything(seed: int, packages: set[str]) -> None:
    """Only what the script needs is imported, and so seeded."""
    random.seed(seed)
    if packages & NUMPY:
        import numpy

        numpy.random.seed(seed)
    if packages & TORCH:
        import torch

        torch.manual_seed(seed)


def main(argv: list[str]) -> None:
    """Record, seed, watch, run."""
    folder = Path(__file__).resolve().parent
    record_start(folder, argv)
    os.chdir(folder)
    script = folder / "train.py"
    packages = {package(entry) for entry in dependencies(script.read_text())}
    if argv[:1] == ["predict"]:
        packages -= (
            TORCH  # importing torch takes longer than most predictions; one that samples seeds torch from its config
        )
    seed_everything(seed_of(folder, argv), packages)
    sys.argv = [str(script), *argv]
    keep_from_answers()
    runpy.run_path(str(script), run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
