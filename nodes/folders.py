"""The experiment as a folder: how it is written, named and run. The same folder is all that a stranger needs."""

from __future__ import annotations

import hashlib
import json
import shutil
import stat
from pathlib import Path
from typing import Any

from lab.compute.engine import Job, JobKind
from lab.compute.folder import lock_text, sha256_folder, starts
from lab.compute.harness import install_harness
from lab.data.seal import materialise
from lab.ledger.files import write_atomic, write_json
from lab.recipes.registry import recipes
from lab.recipes.spec import RecipeSpec
from nodes.desk import Desk, goal
from nodes.effort import plan_for
from state.errors import UserError
from state.notebook import Notebook
from state.products import Batch, DatasetCard, Plan

APPROVED = ("train.py", "run.py", "config.json", "data")
"""What a yes at the spending gate covers, by hash."""

MEMORY_MB = 4096
"""A tiny transformer trains with GRPO within 1 GiB (measured); TRL's imports alone take half of one."""

TOOLS_FILE = "tools.jsonl"
"""In the run's folder: every result of a tool that an agent was given."""


def batch_of(state: Notebook) -> Batch:
    return Batch.model_validate(state["batch"])


def plan_named(state: Notebook, name: str) -> Plan:
    return next(plan for plan in batch_of(state).experiments if plan.id == name)


def recipe_of(desk: Desk, plan: Plan) -> RecipeSpec:
    return recipes(desk.workspace)[plan.recipe]


def seed_of(root: int, index: int) -> int:
    """Seeds come from the run's one root seed; the same index pairs a finalist's seed with its baseline's."""
    return int.from_bytes(hashlib.sha256(f"postgrad/{root}/{index}".encode()).digest()[:4], "big") >> 1


def write_folder(state: Notebook, desk: Desk, plan: Plan, folder: Path, config: dict[str, Any] | None = None) -> None:
    """Write all that the experiment is. Again with the same plan: the same bytes."""
    spec = recipe_of(desk, plan)
    card = DatasetCard.model_validate(state["card"])
    (folder / "data").mkdir(parents=True, exist_ok=True)
    materialise(card, desk.workspace, folder / "data")
    if plan.start_from:
        _copy_model(desk.experiment(plan.start_from) / "model", folder / "data" / "start")
    install_harness(folder)
    write_atomic(folder / "train.py", spec.script.read_text(encoding="utf-8"))
    write_json(folder / "config.json", config if config is not None else plan.config)
    write_json(folder / "experiment.json", about(state, plan))
    write_atomic(folder / "lock", lock_text(spec.script))


def about(state: Notebook, plan: Plan) -> dict[str, Any]:
    limits = {"seconds": plan_for(goal(state)).job_seconds}
    fields = plan.to_json()
    fields.pop("config")
    return {**fields, "run": state["run"], "batch": state["batch"]["id"], "limits": limits}


def strange_in(folder: Path) -> str:
    """The first thing in a folder that a script left and that is no plain file: a link would lead us out of the sandbox."""
    for path in [folder, *sorted(folder.rglob("*"))]:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            return path.relative_to(folder.parent).as_posix()
    return ""


def _copy_model(model: Path, to: Path) -> None:
    if to.exists():
        return
    if strange := strange_in(model):
        raise UserError(f"{strange} of {model.parent.name} is no plain file, so nothing starts from it; train it anew")
    aside = to.with_name(".start")
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(model, aside)
    aside.rename(to)


def fingerprint_of(folder: Path) -> str:
    return sha256_folder(folder, APPROVED)


def begun(folder: Path) -> bool:
    """A folder whose training has begun is evidence; it is never rewritten."""
    return starts(folder) > 0


def train_job(state: Notebook, desk: Desk, plan: Plan) -> Job:
    reserved = state["jobs"][plan.id]
    argv = ("train", "--config", "config.json", *(("--resume",) if reserved.get("resume") else ()))
    return Job(
        id=f"{desk.run}/{plan.id}/{reserved['attempt']}", kind="train", folder=str(desk.experiment(plan.id)),
        attempt=str(reserved["attempt"]), argv=argv, seconds=float(reserved["seconds"]), memory_mb=recipe_of(desk, plan).memory_mb,
    )  # fmt: skip


def job_in(desk: Desk, folder: Path, kind: JobKind, attempt: str, argv: tuple[str, ...], seconds: float) -> Job:
    name = folder.relative_to(desk.workspace).as_posix()
    return Job(
        id=f"{desk.run}/{name}/{attempt}",
        kind=kind,
        folder=str(folder),
        attempt=attempt,
        argv=argv,
        seconds=seconds,
        memory_mb=MEMORY_MB,
    )


def read_config(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "config.json").read_text(encoding="utf-8")))
