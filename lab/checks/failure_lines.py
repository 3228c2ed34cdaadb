"""What an exception means by the line it happened in, where its words alone do not say."""

from __future__ import annotations

import re

from lab.checks.failure_rules import STAYS, Rule
from lab.checks.traces import Trace

SCRIPT = "train.py"
OWN = re.compile(
    r"^(\./)?(data|attempts)(/|$)|^(\./)?(run\.py|train\.py|config\.json|experiment\.json|lock)$|^/|^~|^\.\./"
)
"""Places that a script may not write to."""
SETTING = r"(config|cfg|conf|settings|hp|hparams)"
NO_KEY = Rule("config", "", "", "the config has no such key", "put it into config.json, or mend its name in the script")


def special(trace: Trace, source: str) -> Rule | None:
    """What depends on the line it happened in as well as on the words."""
    own = trace.own(SCRIPT)
    line = own[-1].text if own else ""
    if trace.kind == "KeyError":
        return _key(trace, line)
    if trace.kind in ("TypeError", "AttributeError"):
        return _wrong_thing(trace, line, source)
    if trace.kind == "JSONDecodeError":
        at = f"{line} {own[-1].function}" if own else ""  # who called it may have been handed the config as well
        if re.search(r"config|cfg", at):
            return Rule("config", "", "", "config.json is not readable JSON", "write it as one JSON object")
        return Rule(
            "data", "", "", "a line that should be JSON is not", "read the file line by line, and leave out empty lines"
        )
    if trace.kind in ("FileNotFoundError", "IsADirectoryError", "NotADirectoryError"):
        return _missing(trace)
    if trace.kind == "PermissionError" or "Read-only file system" in trace.message:
        path = _path(trace)
        if OWN.search(path):
            return Rule(
                "code",
                "",
                "",
                "it writes where it may not",
                "write under model/, checkpoints/, or a name of your own beside train.py",
            )
        return Rule(
            "environment", "", "", "a permission is missing", "give permission, then resume: the script may write there"
        )
    if trace.kind == "AssertionError" and re.search(r"nan|finite", f"{trace.message} {line}", re.IGNORECASE):
        return Rule("config", "", "", "the numbers are lost: NaN or infinite", STAYS)
    return None


def _wrong_thing(trace: Trace, line: str, source: str) -> Rule | None:
    """A value of another kind than the line takes it for: of the config, or of a row."""
    given = re.match(r"(\w+)\.__init__\(\) (got an unexpected keyword|missing \d+ required)", trace.message)
    if given and "**" in line and re.search(rf"^\s*class {given[1]}\b", source, re.MULTILINE):
        says = f"config.json and the fields of {given[1]} are not the same"
        return Rule("config", "", "", says, "give the class every key of config.json, and config.json every field")
    lacks = re.search(r"(Namespace|dict)' object has no attribute '(\w+)'", trace.message)
    if lacks and re.search(rf"\b{SETTING}\.{lacks[2]}\b", line):
        return NO_KEY
    if "string indices must be" in trace.message and "input" in line:
        return Rule(
            "data",
            "",
            "",
            "the input of a row is a text here, no object of columns",
            "look at one row, and use it as it is",
        )
    if "NoneType" in trace.message and "operand" in trace.message and re.search(r"\[\s*['\"]\w+['\"]\s*\]", line):
        return Rule("data", "", "", "a value is missing in some rows", "fill the gap by a rule; the rows stay")
    return None


def _key(trace: Trace, line: str) -> Rule | None:
    key = trace.message.strip("'\"")
    if re.search(rf"{SETTING}\w*\s*(\[|\.get\()\s*['\"]{re.escape(key)}['\"]", line):
        return NO_KEY
    if re.search(r"\b(config|cfg)\s*\[", line) and key not in line:
        return Rule("config", "", "", "a value in the config is not one the script knows", "use one of those it knows")
    if re.search(r"\b(load|state_dict|ckpt|checkpoint)", line) and f"{key}" in line and "json" not in line:
        return Rule(
            "code", "", "", "what was saved has no such entry", "save in train what is loaded here, under one name"
        )
    if key not in line and re.search(r"\w\[\s*\w+(\[['\"]\w+['\"]\]|\.\w+)\s*\]", line):
        says = "a row holds a value that the table it is looked up in was not built from"
        return Rule(
            "data", "", "", says, "build the table from all rows that are looked up, or say what an unknown one becomes"
        )
    libraries = any("/pandas/" in f.file or "/datasets/" in f.file or "/pyarrow/" in f.file for f in trace.frames)
    if libraries or re.search(rf"\[\s*['\"]{re.escape(key)}['\"]\s*\]", line) or "Column" in trace.message:
        return Rule("data", "", "", "there is no such column or key", "look at the keys of one row, and use those")
    return None


def _missing(trace: Trace) -> Rule:
    path = _path(trace)
    if path.endswith("config.json") and "model/" not in path:
        return Rule("config", "", "", "the config is not there", "read the file given as --config")
    if re.match(r"(\./)?data/", path):
        return Rule(
            "data", "", "", "a data file is not there", "read data/train.jsonl; list data/ to see what is there"
        )
    if re.match(r"(\./)?(model|checkpoints)", path):
        return Rule(
            "code",
            "",
            "",
            "what train should have saved is not there",
            "save it in train under the name that predict loads",
        )
    return Rule(
        "code", "", "", "a file is not there", "use only data/, what the script wrote itself, and what it was given"
    )


def _path(trace: Trace) -> str:
    named = re.search(r"'([^']*)'", trace.message)
    return named[1] if named else ""
