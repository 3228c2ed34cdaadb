"""LaTeX and typography made plain by hand, for the second reading of numbers."""

from __future__ import annotations

from lab.stats.second_text import SPACE, skip

LONGEST = 2000
NOTHING = ("\\,", "\\;", "\\!", "\\:", "\\ ", "\\left", "\\right", "\\(", "\\)", "\\[", "\\]", "~")
WRAPPERS = ("\\textbf", "\\text", "\\mathrm", "\\mathbf", "\\operatorname")
FRACTIONS = ("\\dfrac", "\\tfrac", "\\frac")
PLAIN = (
    ("−", "-"), ("–", "-"), ("⁄", "/"), ("×", "x"), ("·", "x"), ("\u00a0", " "), ("\u2009", " "), ("\u202f", " "),
    ("²", "^2"), ("³", "^3"), ("½", " 1/2"), ("¼", " 1/4"), ("¾", " 3/4"), ("*", " "), ("`", " "),
)  # fmt: skip


def plain_line(text: str) -> str:
    """What is left of a formula: its characters on one line; nothing where a number has a power."""
    line = text.strip()
    if len(line) > LONGEST or any(_squared(line, i) for i in range(len(line) - 1)):
        return ""
    for old in NOTHING:
        line = line.replace(old, "\x00")
    line = _commands(line.replace("\x00", ""), WRAPPERS, 1)
    line = _degrees(line).replace("\\times", "x").replace("\\cdot", "x")
    line = line.replace("\\$", "$").replace("\\%", "%").replace("{,}", ",")
    line = _commands(line, FRACTIONS, 2)
    for old, new in PLAIN:
        line = line.replace(old, new)
    line = line.strip().rstrip(".").strip()
    if len(line) > 1 and line.startswith("$") and line.endswith("$"):
        line = line[1:-1].strip()
    return line.split("=")[-1].strip()


def _squared(line: str, i: int) -> bool:
    after = line[i + 2 : i + 3]
    return line[i] in "0123456789" and line[i + 1] in "²³" and not (after.isalnum() and not after.isdecimal())


def _commands(line: str, names: tuple[str, ...], arguments: int) -> str:
    """`\\name{a}` as ` a `, `\\name{a}{b}` as ` (a/b) `; arguments with braces inside stay as they are."""
    out, at = "", 0
    while at < len(line):
        name = next((n for n in names if line.startswith(n, at) and _arguments(line, at + len(n), arguments)), None)
        if name is None:
            out += line[at]
            at += 1
            continue
        found, at = _arguments(line, at + len(name), arguments) or ([], at)
        out += f" {found[0]} " if arguments == 1 else f" ({'/'.join(found)}) "
    return out


def _arguments(line: str, at: int, many: int) -> tuple[list[str], int] | None:
    found = []
    for _ in range(many):
        at = skip(line, at, SPACE)
        end = line.find("}", at)
        if line[at : at + 1] != "{" or end < 0 or "{" in line[at + 1 : end]:
            return None
        found.append(line[at + 1 : end])
        at = end + 1
    return found, at


def _degrees(line: str) -> str:
    """`^\\circ` and `^{\\circ}` as the sign."""
    at = line.find("\\circ")
    while at >= 0:
        begin = len(line[:at].rstrip(SPACE))
        begin = len(line[: begin - 1].rstrip(SPACE)) if line[:begin].endswith("{") else begin
        brace = skip(line, at + len("\\circ"), SPACE)
        end = brace + 1 if line[brace : brace + 1] == "}" else brace
        if line[:begin].endswith("^"):
            line = line[: begin - 1] + "°" + line[end:]
            at = line.find("\\circ")
        else:
            at = line.find("\\circ", at + 1)
    return line
