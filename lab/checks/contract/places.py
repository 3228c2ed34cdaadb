"""Files a script touches, and hosts it reaches: only its own folder, only what it was given, nothing outside."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch

from lab.checks.contract.calls import called
from lab.checks.contract.fault import Fault, warning
from lab.checks.contract.scopes import Script
from lab.checks.contract.texts import UNKNOWN, Texts
from lab.checks.scripts.names import part_of

TRUSTED = frozenset(["run.py", "train.py", "experiment.json", "lock", "starts.jsonl", "status.json", "config.json",
                     "job.json"])  # fmt: skip
"""Files of the folder that are not the script's to write."""
OPENERS = frozenset(["builtins.open", "io.open", "gzip.open", "bz2.open", "codecs.open", "os.open"])
WRITERS = frozenset(["write_text", "write_bytes", "to_csv", "to_json", "to_parquet", "to_pickle", "save_pretrained", "save_to_disk",
                     "save_model", "touch", "unlink", "rename", "replace", "symlink_to", "rmdir"])  # fmt: skip
WRITES = {"torch.save": 1, "numpy.save": 0, "numpy.savez": 0, "joblib.dump": 1, "safetensors.torch.save_file": 1,
          "safetensors.numpy.save_file": 1, "shutil.rmtree": 0, "shutil.copy": 1, "shutil.copyfile": 1,
          "shutil.copytree": 1, "shutil.move": 1, "os.remove": 0, "os.unlink": 0, "os.rename": 1, "os.replace": 1,
          "os.makedirs": 0, "os.mkdir": 0, "os.symlink": 1, "os.link": 1}  # fmt: skip
"""Functions that write, and which of their arguments says where."""
OUTPUTS = frozenset(["output_dir", "logging_dir", "save_dir"])
NAMED = {"logging.basicConfig": "filename", "logging.FileHandler": "filename", "tempfile.mkstemp": "dir", "tempfile.mkdtemp": "dir",
         "tempfile.NamedTemporaryFile": "dir", "tempfile.TemporaryDirectory": "dir"}  # fmt: skip
"""Functions that write where one of their keywords says."""
LISTS = frozenset(["iterdir", "listdir", "scandir", "glob", "rglob", "iglob", "walk", "fwalk"])
READS = frozenset(["read_text", "read_bytes", "read_csv", "read_json", "read_parquet", "load_dataset", "open", "load", "loadtxt",
                   "from_json", "from_csv", "load_from_disk", "genfromtxt", "Path", "read_rows", "chdir", *LISTS])  # fmt: skip
DEVICES = ("/dev/null", "/proc/", "/sys/", "/dev/stdout", "/dev/stderr")
_FILE = re.compile(r"(\./)?(data/[\w./-]+|[\w./-]+\.(jsonl?|csv|tsv|parquet|txt|npz|npy|arrow|pkl))")
"""What is a file name wherever it stands: it may be handed to a function of the script's own."""
OWN_FOLDER = "read under data/ and what you are given, write under your own folder"


class Places:
    """The file names in a script, each with whether it is written."""

    def __init__(self, script: Script, texts: Texts, files: Sequence[str]) -> None:
        self.script, self.texts = script, texts
        self.files = frozenset(files)

    def faults(self) -> Iterator[Fault]:
        written = list(self.written())
        own = {path for path, _ in written}
        prose = {n.value for n in ast.walk(self.script.tree) if isinstance(n, ast.Expr)}
        for node in self.script.scope_of:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
                yield from self._sealed(node.value, node.lineno)
                if _FILE.fullmatch(node.value) and node.value not in own:
                    yield from self._data(node.value, node.lineno)
        for path, line in self.read():
            yield from self._outside(path, line, "files")
            if path not in own:
                yield from self._data(path, line)
                yield from self._beside(path, line)
        yield from self._listed()
        for path, line in written:
            yield from self._outside(path, line, "writes")
            yield from self._forbidden(path, line)

    def read(self) -> Iterator[tuple[str, int]]:
        for call in self.script.calls:
            last = (self.script.dotted(call.func) or _last(call)).rpartition(".")[2]
            if last not in READS or _writing(call):
                continue
            given: list[ast.expr] = (
                [call]
                if last == "Path"
                else [*call.args, *(k.value for k in call.keywords if k.arg in ("data_files", "data_dir", "path"))]
            )
            held = [call.func.value] if isinstance(call.func, ast.Attribute) and last not in ("load_dataset",) else []
            for node in [*given, *held]:
                parts: Iterator[ast.AST] = (
                    ast.walk(node) if isinstance(node, ast.Dict | ast.List | ast.Tuple) else iter((node,))
                )
                named = (path for part in parts if isinstance(part, ast.expr) for path in self._paths(part))
                yield from ((path, call.lineno) for path in named)
        for joined in self.script.scope_of:
            if isinstance(joined, ast.BinOp) and isinstance(joined.op, ast.Div):
                yield from ((path, joined.lineno) for path in self._paths(joined))

    def written(self) -> Iterator[tuple[str, int]]:
        for call in self.script.calls:
            name = self.script.dotted(call.func)
            where: list[ast.expr] = []
            if name in OPENERS and _writing(call):
                where = call.args[:1]
            elif name in WRITES:
                where = call.args[WRITES[name] : WRITES[name] + 1]
            elif isinstance(call.func, ast.Attribute) and (name is None or name.startswith("pathlib.Path")):
                last = _last(call)
                if (last in WRITERS and not (last == "replace" and len(call.args) == 2)) or (
                    last in ("open", "mkdir") and (last == "mkdir" or _writing(call))
                ):
                    where = [call.func.value, *call.args[:1]]
            where += [k.value for k in call.keywords if k.arg in OUTPUTS or k.arg == NAMED.get(name or "")]
            for node in where:
                yield from ((path, node.lineno) for path in self._paths(node))

    def _paths(self, node: ast.expr) -> tuple[str, ...]:
        return self.texts.patterns(node) or ()

    def _sealed(self, text: str, line: int) -> Iterator[Fault]:
        if "_answers.jsonl" in text or "sealed/" in text or text == "sealed":
            yield Fault(
                "files", line, "the script names sealed answers", "no experiment may reach for them: take it out"
            )

    def _outside(self, path: str, line: int, kind: str) -> Iterator[Fault]:
        known = path.partition(UNKNOWN)[0]
        if known.startswith(DEVICES) or "://" in known:
            return
        climbs = ".." in known.split("/")
        if known.startswith(("/", "~")) or climbs:
            word = "written" if kind == "writes" else "read"
            says = f"{_shown(path)} is {word}, outside the experiment's folder"
            yield Fault("writes" if kind == "writes" else "files", line, says, OWN_FOLDER)

    def _data(self, path: str, line: int) -> Iterator[Fault]:
        tidy = path.removeprefix("./").rstrip("/")
        name = tidy.rpartition("/")[2]
        if UNKNOWN in tidy:
            return
        if "." in name and part_of(name) in ("test", "validation") and not tidy.startswith(("model/", "checkpoints/")):
            says = f"{tidy} is read: rows that a result is measured on"
            yield Fault(
                "files", line, says, "train on data/train.jsonl; choose on a part of it that you hold out yourself"
            )
        elif tidy.startswith("data/") and not self._there(tidy.removeprefix("data/")):
            there = ", ".join(f"data/{file}" for file in sorted(self.files)) or "nothing"
            yield Fault("files", line, f"there is no {tidy}", f"there is {there}")

    def _beside(self, path: str, line: int) -> Iterator[Fault]:
        name = path.removeprefix("./")
        if name in self.files and "." in name:
            yield Fault("files", line, f"there is no {name} beside the script", f"read data/{name}")

    def _listed(self) -> Iterator[Fault]:
        """Every file of data/, taken as it comes: those that a result is measured on are among them."""
        chosen = _chosen(self.script.tree)
        for call in self.script.calls:
            last = _last(call)
            if call in chosen or last not in {*LISTS, "load_dataset"}:
                continue
            held = [call.func.value] if isinstance(call.func, ast.Attribute) else []
            given = [*call.args, *(k.value for k in call.keywords if k.arg == "data_dir")]
            folders = [*self._words(held), *self._words(given)]
            below = [p for p in folders if re.fullmatch(r"(.*/)?data(/.*)?", p)]
            patterns = [p.rpartition("/")[2] for p in self._words(given) if "*" in p] or ["*"]
            met = [f for f in sorted(self.files) for p in patterns if "/" not in f and fnmatch(f, p) and _measured(f)]
            if below and met:
                says = f"data/{met[0]} is among what is read: rows that a result is measured on"
                yield Fault("files", call.lineno, says, "read data/train.jsonl by its name, and nothing else of data/")

    def _words(self, nodes: list[ast.expr]) -> list[str]:
        return [path.removeprefix("./").rstrip("/") for node in nodes for path in self._paths(node)]

    def _there(self, name: str) -> bool:
        if any(sign in name for sign in "*?["):
            return True
        below = {file.rstrip("/") for file in self.files}
        return name in below or any(f.startswith(name + "/") or name.startswith(f + "/") for f in below)

    def _forbidden(self, path: str, line: int) -> Iterator[Fault]:
        tidy = path.removeprefix("./").rstrip("/")
        top = tidy.partition("/")[0]
        if tidy in TRUSTED or top in ("data", "attempts"):
            yield Fault(
                "writes",
                line,
                f"{_shown(tidy)} is written, and is not the script's to write",
                "write under model/, checkpoints/, or a name of your own",
            )


def processes(script: Script) -> Iterator[Fault]:
    """Other programs, started by the script."""
    for call in script.calls:
        name = called(script, call) or ""
        if name.startswith(("subprocess.", "os.system", "os.popen", "os.exec", "os.spawn", "pty.")):
            said = " ".join(str(n.value) for n in ast.walk(call) if isinstance(n, ast.Constant)).lower()
            fetches = any(word in said.split() for word in ("pip", "curl", "wget", "git", "uv", "conda"))
            says = f"{name} starts another program" + (", which reaches the network" if fetches else "")
            remedy = "do it in the script; dependencies go into its header"
            yield (
                Fault("network", call.lineno, says, remedy)
                if fetches
                else warning("network", call.lineno, says, remedy)
            )


def _measured(name: str) -> bool:
    return "." in name and part_of(name) in ("test", "validation")


def _chosen(tree: ast.Module) -> set[ast.AST]:
    """Listings out of which the script picks by name."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        tests: list[ast.AST] = []
        match node:
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
                tests = [test for part in node.generators for test in part.ifs]
            case ast.For(body=body):
                tests = [part.test for statement in body for part in ast.walk(statement) if isinstance(part, ast.If)]
            case ast.Call(func=ast.Name(id="filter"), args=[test, *_]):
                tests = [test]
        words = [
            n.value
            for test in tests
            for n in ast.walk(test)
            if isinstance(n, ast.Constant) and isinstance(n.value, str)
        ]
        if any(re.search(r"train|valid|test", word) for word in words):
            found |= set(ast.walk(node))
    return found


def _writing(call: ast.Call) -> bool:
    """Whether a file is opened to be written."""
    modes = [k.value for k in call.keywords if k.arg == "mode"]
    at = 1 if isinstance(call.func, ast.Name) else 0
    modes += call.args[at : at + 1] if _last(call) == "open" else []
    return any(isinstance(m, ast.Constant) and isinstance(m.value, str) and set(m.value) & set("wax+") for m in modes)


def _last(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _shown(path: str) -> str:
    return path.replace(UNKNOWN, "...")
