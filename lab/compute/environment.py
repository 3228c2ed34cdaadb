"""What a job finds around it: the interpreter, a clean environment, its limits."""

from __future__ import annotations

import os
import resource
import site
import sys
from pathlib import Path

from lab.compute.engine import Job
from lab.compute.files import read_json

_THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_FEW_CORES = 4  # up to here a second thread only makes side-by-side jobs wait for each other
_OPEN_FILES = 4096


def cores() -> int:
    """The cores this process may use."""
    return max(1, len(os.sched_getaffinity(0)))


def command(job: Job) -> list[str]:
    """The job itself, before any sandbox."""
    return [sys.executable, "run.py", *job.argv]


def marks(job: Job) -> dict[str, str]:
    """What tells the processes of this job from all others; ids repeat between homes, folders don't."""
    return {"POSTGRAD_JOB": job.id, "POSTGRAD_FOLDER": job.folder}


def scratch(job: Job) -> Path:
    """Where the job's temporary files go; the warden removes it."""
    return Path(job.folder) / ".tmp" / job.attempt


def environment(job: Job) -> dict[str, str]:
    """All that the job inherits: nothing of the agent's own environment, so no secrets."""
    threads = 1 if cores() <= _FEW_CORES else max(1, cores() // 2)
    given = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": job.folder,
        "USER": "job",
        "LOGNAME": "job",
        "TMPDIR": str(scratch(job)),
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": str(_seed(job)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        **dict.fromkeys(_THREADS, str(threads)),
        **marks(job),
        "POSTGRAD_ATTEMPT": job.attempt,
        "POSTGRAD_KIND": job.kind,
    }
    if not job.network:
        given |= {"HF_HUB_OFFLINE": "1"}
    if site.ENABLE_USER_SITE:
        given["PYTHONUSERBASE"] = site.getuserbase()
    return given


def limits(job: Job) -> dict[int, int]:
    """Resource limits of each process of the job.

    RLIMIT_DATA, because libraries reserve far more address space (RLIMIT_AS) than they ever use. No RLIMIT_NPROC: it
    counts all that the user runs and does nothing for root; the warden counts the job's own processes instead.
    """
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = _OPEN_FILES if files == resource.RLIM_INFINITY else min(files, _OPEN_FILES)
    return {
        resource.RLIMIT_DATA: job.memory_mb * 2**20,
        resource.RLIMIT_NOFILE: files,
        resource.RLIMIT_CORE: 0,
    }


def interpreter_paths() -> list[Path]:
    """The folders without which this interpreter and its packages don't work."""
    paths = {Path(prefix) for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)}
    paths.add(Path(sys.executable).resolve().parent.parent)
    if site.ENABLE_USER_SITE:
        paths.add(Path(site.getuserbase()))
    paths |= {path.resolve() for path in paths}
    return sorted(path for path in paths if path.is_dir() and path != Path("/"))


def _seed(job: Job) -> int:
    """The config's seed, as far as PYTHONHASHSEED takes it."""
    seed = (read_json(Path(job.folder) / "config.json") or {}).get("seed", 0)
    return seed % 2**32 if isinstance(seed, int) else 0
