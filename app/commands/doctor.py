"""`doctor`: what is there, what is missing, and what to do about it."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from app import home, out
from app.config import need_key, read_config
from app.minds import Minds, chosen, helm_of, of_config
from state.errors import EnvironmentTrouble, UserError

TRAIN = ("torch", "transformers", "trl", "accelerate", "peft")
SERVER = ("langgraph_api",)
KEYS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "MISTRAL_API_KEY", "OPENROUTER_API_KEY", "HF_TOKEN")
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
KNOCK = 1.0
"""Seconds to wait for a door to open."""
HUB = "https://huggingface.co"
LITTLE_ROOM = 2e9
"""Bytes; a tiny study takes a tenth of it, a small model's checkpoints take more."""

State = Literal["ok", "missing", "broken"]


@dataclass(frozen=True)
class Line:
    """One thing that was looked at."""

    what: str
    state: State
    found: str
    do: str = ""
    needed: bool = False
    """Without it nothing runs."""


def doctor(minds: Minds, as_json: bool) -> int:
    place = home.home_path()
    lines = [
        _python(), _extra("train", TRAIN, "training language models"), _extra("server", SERVER, "the dev server"),
        _sandbox(), _gpu(), _keys(), _network(), _home(place), _room(place), _checkpoints(place), _config(place),
        *_servers(place),
    ]  # fmt: skip
    lines += [_model(place, minds)] if minds.model else []
    width = max(len(line.what) for line in lines)
    words = [
        f"{line.what:<{width}}  {line.state:<7}  {'; '.join(filter(None, (line.found, line.do)))}" for line in lines
    ]
    ready = all(line.state == "ok" for line in lines if line.needed)
    out.answer({"ready": ready, "checks": [asdict(line) for line in lines]}, "\n".join(words), as_json)
    return 0 if ready else 2


def _python() -> Line:
    version = ".".join(map(str, sys.version_info[:3]))
    fine = sys.version_info >= (3, 11)
    return Line(
        "python", "ok" if fine else "broken", version, "" if fine else "install Python 3.11 or newer", needed=True
    )


def _extra(name: str, modules: tuple[str, ...], serves: str) -> Line:
    gone = [module for module in modules if util.find_spec(module) is None]
    if gone:
        return Line(
            f"extra {name}", "missing", f"no {', '.join(gone)}", f'for {serves}: pip install "postgrad[{name}]"'
        )
    versions = (f"{module} {metadata.version(module.replace('_', '-'))}" for module in modules)
    return Line(f"extra {name}", "ok", ", ".join(versions))


def _sandbox() -> Line:
    from lab.compute.sandbox import probe

    best = probe()
    if best.level == "bwrap":
        return Line("sandbox", "ok", "bubblewrap: jobs see their own folder and no network")
    return Line(
        "sandbox",
        "missing",
        f"{best.level}: {best.why}",
        "install bubblewrap and allow user namespaces; until then scores are marked unprotected",
    )


def _gpu() -> Line:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Line("gpu", "missing", "no nvidia-smi", "not needed for small studies; they train on the processor")
    call = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(call, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as wrong:
        return Line("gpu", "broken", f"nvidia-smi does not answer: {out.one_line(wrong)}", "look at the driver")
    said = "; ".join(done.stdout.split("\n")).strip("; ") or out.one_line(RuntimeError(done.stderr))
    return Line("gpu", "broken" if done.returncode else "ok", said, "look at the driver" if done.returncode else "")


def _keys() -> Line:
    there = [name for name in KEYS if os.environ.get(name)]
    if there:
        return Line("keys", "ok", ", ".join(there))
    return Line(
        "keys", "missing", "none set", f"the playbook decides without a model; for one set a key such as {KEYS[0]}"
    )


def _network() -> Line:
    do = "built-in data and papers need no network"
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        return Line("network", "missing", "HF_HUB_OFFLINE is set", f"unset it to reach the Hub; {do}")
    proxy = next((name for name in PROXIES if os.environ.get(name)), None)
    address = urlsplit(os.environ[proxy] if proxy else os.environ.get("HF_ENDPOINT") or HUB)
    through = f"through the proxy in {proxy}" if proxy else f"to {address.hostname}"
    said: list[str] = []
    # a thread, since asking for a name's address knows no time limit of its own
    asking = threading.Thread(target=lambda: said.append(_knock(address)), daemon=True)
    asking.start()
    asking.join(timeout=2 * KNOCK)
    why = said[0] if said else "no answer"
    return (
        Line("network", "missing", f"no way {through}: {why}", do) if why else Line("network", "ok", f"a way {through}")
    )


def _knock(address: SplitResult) -> str:
    """Why nobody opens; empty when somebody does."""
    port = address.port or (80 if address.scheme == "http" else 443)
    try:
        socket.create_connection((address.hostname or "", port), timeout=KNOCK).close()
    except OSError as wrong:
        return out.one_line(wrong)
    return ""


def _home(place: Path) -> Line:
    try:
        home.need_writable(place)
    except UserError as wrong:
        return Line("home", "broken", str(place), str(wrong), needed=True)
    return Line(
        "home",
        "ok",
        f"{place} ({len(home.names(place))} runs)" if place.exists() else f"{place} (made by the first run)",
        needed=True,
    )


def _room(place: Path) -> Line:
    there = next(p for p in (place, *place.parents) if p.exists())
    free = shutil.disk_usage(there).free
    found = f"{free / 1e9:.1f} GB free in {there}"
    return (
        Line("disk", "ok", found) if free > LITTLE_ROOM else Line("disk", "broken", found, "make room, or: postgrad gc")
    )


def _checkpoints(place: Path) -> Line:
    path = place / "checkpoints.sqlite"
    if not path.exists():
        return Line("checkpoints", "ok", "none yet", needed=True)
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            count = connection.execute("SELECT count(*) FROM checkpoints").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.DatabaseError as wrong:
        said, count = out.one_line(wrong), 0
    if said != "ok":
        return Line(
            "checkpoints",
            "broken",
            f"{path}: {said}",
            "restore it from a copy, or move it away (runs/ keeps reports and models)",
            needed=True,
        )
    return Line("checkpoints", "ok", f"{count} in {path.stat().st_size / 1e6:.1f} MB", needed=True)


def _config(place: Path) -> Line:
    try:
        config = read_config(place)
    except UserError as wrong:
        return Line("config", "broken", str(wrong), "mend it or move it away", needed=True)
    chosen = {key: value for key, value in config.to_json().items() if key not in ("file", "there") and value}
    told = ", ".join(f"{key}={value}" for key, value in chosen.items()) or "sets nothing"
    return Line(
        "config",
        "ok",
        f"{config.path}: {told}" if config.path.exists() else f"no {config.path}; the defaults hold",
        needed=True,
    )


def _servers(place: Path) -> list[Line]:
    """What mcp.toml lists, and each server's fault in a line of its own; none is started for this."""
    from app.mcp_listed import trouble
    from lab.model.mcp import INSTALL, installed
    from lab.model.mcp_config import FILE, read_mcp_config

    try:
        config = read_mcp_config(place)
    except UserError as wrong:
        return [Line("mcp", "broken", str(wrong), "no run with a model starts before it is mended or moved away")]
    wrong_with = {server.name: trouble(server) for server in config.servers}
    faults = {fault.name: fault.why for fault in config.faults} | {name: why for name, why in wrong_with.items() if why}
    fit = ", ".join(f"{s.name} ({', '.join(s.stages)})" for s in config.servers if s.name not in faults)
    if config.servers and not installed():
        lines = [Line("mcp", "missing", INSTALL, "until then no server is asked")]
    else:
        lines = [Line("mcp", "ok", fit or f"no server in {place / FILE} that may be asked; none is needed")]
    return lines + [Line(f"mcp:{name}", "broken", why, "a run does without it") for name, why in faults.items()]


def _model(place: Path, minds: Minds) -> Line:
    """The price is known and it answers: what a run with this --model checks before it starts."""
    from lab.model.probe import ask_small, need_prices

    try:
        config = read_config(place)
        helm = helm_of(chosen(minds, config, of_config(config)))
        assert helm is not None
        need_key(helm.model, helm.base(helm.model))
        need_prices(helm)
        found = ask_small(helm, helm.model)
    except (UserError, EnvironmentTrouble) as wrong:
        return Line("model", "broken", str(wrong), needed=True)
    return Line("model", "ok", found, needed=True)
