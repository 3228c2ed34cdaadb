"""What would reach the network. A sandboxed job has none unless it was granted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from lab.checks.contract.calls import called
from lab.checks.contract.fault import Fault, warning
from lab.checks.contract.places import READS, processes
from lab.checks.contract.scopes import Script
from lab.checks.contract.texts import Texts

CLIENTS = ("requests", "urllib.request", "urllib3", "http.client", "httpx", "aiohttp", "ftplib", "smtplib", "paramiko",
           "websockets", "boto3", "gdown", "wandb", "mlflow", "comet_ml", "neptune", "trackio", "openai",
           "anthropic", "litellm")  # fmt: skip
SOCKETS = frozenset(["socket.socket", "socket.create_connection", "socket.getaddrinfo", "asyncio.open_connection"])
DOWNLOADS = frozenset(["snapshot_download", "hf_hub_download", "HfApi", "login", "upload_file", "upload_folder", "list_models",
                       "list_datasets", "create_repo"])  # fmt: skip
FILES_OF = frozenset(["json", "csv", "parquet", "text", "arrow", "pandas", "imagefolder", "audiofolder"])
"""Builders of load_dataset that read local files."""
LOCAL = ("data/", "model", "checkpoints", "./", "start")
REMEDY = "there is no network in the sandbox: use what lies in data/, or ask for it in the plan"


def network(script: Script, texts: Texts, files: Sequence[str]) -> Iterator[Fault]:
    yield from processes(script)
    told: set[str] = set()
    yield from _addresses(script, texts)
    for call in script.calls:
        name = called(script, call) or ""
        last = name.rpartition(".")[2] or (call.func.attr if isinstance(call.func, ast.Attribute) else "")
        client = next((c for c in CLIENTS if name == c or name.startswith(c + ".")), "")
        if client or name in SOCKETS:
            told.add(client or "socket")
            yield Fault("network", call.lineno, f"{name} reaches the network", REMEDY)
        elif name.startswith("huggingface_hub.") and last in DOWNLOADS:
            yield Fault("network", call.lineno, f"{name} asks the Hub", REMEDY)
        elif name.startswith(("sklearn.datasets.fetch_", "torch.hub.", "nltk.download")) or last.endswith("_from_url"):
            yield Fault("network", call.lineno, f"{name} downloads", REMEDY)
        elif last == "push_to_hub":
            yield Fault(
                "network",
                call.lineno,
                "push_to_hub publishes from inside an experiment",
                "save under model/: publication is a stage of its own",
            )
        elif last in ("from_pretrained", "pipeline", "SentenceTransformer") or last.endswith("Trainer"):
            yield from _pretrained(call, texts)
        elif name == "datasets.load_dataset":
            yield from _dataset(call, texts)
        yield from _switches(call)
    for node, guarded in script.imports:
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        for module in names:
            client = next((c for c in CLIENTS if module == c or module.startswith(c + ".")), "")
            if client and client not in told and not guarded:
                yield warning(
                    "network", node.lineno, f"{module} is imported, and is of use with a network only", REMEDY
                )


def _addresses(script: Script, texts: Texts) -> Iterator[Fault]:
    """Files read from an address: `pd.read_csv("https://...")`, `data_files="hf://..."`."""
    for call in script.calls:
        last = (called(script, call) or "").rpartition(".")[2] or getattr(call.func, "attr", "")
        if last not in READS:
            continue
        given = [*call.args, *(k.value for k in call.keywords)]
        parts = [p for each in given for p in (ast.walk(each) if isinstance(each, ast.Dict | ast.List) else [each])]
        for text in [t for p in parts if isinstance(p, ast.expr) for t in texts.patterns(p) or ()]:
            if re.match(r"(https?|ftp|hf|s3|gs|az|gcs)://", text):
                yield Fault("network", call.lineno, f"{text[:60]} is fetched", REMEDY)


def _pretrained(call: ast.Call, texts: Texts) -> Iterator[Fault]:
    given = [*call.args[:1], *(k.value for k in call.keywords if k.arg in ("model", "pretrained_model_name_or_path"))]
    for name, line in ((name, node.lineno) for node in given for name in texts.of(node) or ()):
        task = isinstance(call.func, ast.Name) and node_is_task(name)
        if not task and not _local(name):
            yield Fault("network", line, f"{name} is a model on the Hub, not a folder here", REMEDY)


def node_is_task(name: str) -> bool:
    """`pipeline("text-generation", ...)`: the first argument is no model."""
    return name.islower() and "/" not in name and not any(c.isdigit() for c in name)


def _local(name: str) -> bool:
    return name in ("data", ".") or name.startswith((*LOCAL, "/", "..", "~"))


def _dataset(call: ast.Call, texts: Texts) -> Iterator[Fault]:
    for name in [n for arg in call.args[:1] for n in texts.of(arg) or ()]:
        if name not in FILES_OF and not _local(name):
            yield Fault(
                "network",
                call.lineno,
                f"{name} is a data set on the Hub",
                "read data/train.jsonl: the data was split and sealed before you",
            )


def _switches(call: ast.Call) -> Iterator[Fault]:
    for keyword in call.keywords:
        on = isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        if keyword.arg == "push_to_hub" and on:
            yield Fault(
                "network",
                keyword.value.lineno,
                "push_to_hub publishes from inside an experiment",
                "leave it out: publication is a stage of its own",
            )
        elif keyword.arg == "download" and on:
            yield Fault("network", keyword.value.lineno, "download=True downloads", REMEDY)
        elif keyword.arg == "trust_remote_code" and on:
            yield warning(
                "network",
                keyword.value.lineno,
                "trust_remote_code runs code that nobody here has read",
                "leave it out unless the model can't do without",
            )
        elif keyword.arg == "report_to":
            words = [n.value for n in ast.walk(keyword.value) if isinstance(n, ast.Constant)]
            bad = [w for w in words if w not in ("none", None)]
            if bad:
                yield Fault(
                    "network",
                    keyword.value.lineno,
                    f"report_to={bad[0]!r} reports to a service",
                    'report_to="none", and write metrics.jsonl',
                )
