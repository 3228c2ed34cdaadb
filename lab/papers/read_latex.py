"""LaTeX of a formula made a little more readable: what is only a number, a unit or a word loses its commands."""

from __future__ import annotations

import re

SIGNS = {
    r"\times": "×", r"\pm": "±", r"\sim": "~", r"\approx": "≈", r"\leq": "≤", r"\le": "≤", r"\geq": "≥", r"\ge": "≥",
    r"\rightarrow": "→", r"\to": "→", r"\uparrow": "↑", r"\downarrow": "↓", r"\cdot": "·", r"\ldots": "...", r"\dots": "...",
    r"\%": "%", r"\$": "$", r"\&": "&", r"\#": "#", r"\_": "_",
}  # fmt: skip
WRAPPED = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|sc|normal)?|math(?:bf|rm|it|sf|tt|normal)|mbox|hbox|bm|boldsymbol|underline)\s*\{([^{}]*)\}"
)
SPACING = re.compile(
    r"\\[,;:!> ]|\\q?quad\b|~|\\(?:display|text|script|scriptscript)style\b"
    r"|\\(?:small|footnotesize|scriptsize|left|right|bf|it|rm)(?=[^a-zA-Z])"
)
UNSEEN = re.compile(
    r"\\[hv]?phantom\s*\{[^{}]*\}|\\(?:text)?color\s*(?:\[[^\]]*\])?\s*\{[^{}]*\}"
    r"|\\definecolor\s*(?:\[[^\]]*\])?(?:\s*\{[^{}]*\}){2,3}"
)
"""What only keeps a place (digits and signs that align a column) or paints: its numbers are none of the paper's."""
GROUP = re.compile(r"(?<![\w*^}\]\\])\{([^{}]*)\}")
COMMAND = re.compile(r"\\(?:[A-Za-z]+|[%$&#_])")
COMMENT = re.compile(r"(?<!\\)%\s*\n")


def readable(latex: str) -> str:
    """The same formula; commands that only set type are gone, common signs are signs."""
    text = UNSEEN.sub("", COMMENT.sub("", latex))
    for _ in range(4):  # \mathbf{\text{...}} nests a few deep, never more
        text = WRAPPED.sub(r"\1", text)
    text = SPACING.sub(" ", text)
    text = COMMAND.sub(lambda found: SIGNS.get(found.group(0), found.group(0)), text)
    text = re.sub(r"\{,\}", ",", text)  # 7{,}473 is how LaTeX sets a thousands comma
    text = GROUP.sub(r"\1", text)
    text = re.sub(r"\s*([×±→])\s*", r"\1", text)
    return " ".join(text.split())
