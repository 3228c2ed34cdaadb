"""The words: what a model is told, one Markdown file per judging stage. Imports nothing of ours."""

from __future__ import annotations

from importlib.resources import files
from string import Template


class PromptError(KeyError):
    """A prompt that isn't there, or a slot left empty: one line, without KeyError's quotes."""

    def __str__(self) -> str:
        return str(self.args[0])


def names() -> tuple[str, ...]:
    """Every prompt there is."""
    return tuple(sorted(f.name.removesuffix(".md") for f in files("prompts").iterdir() if f.name.endswith(".md")))


def load(name: str) -> str:
    """The text of a prompt as it was written, slots and all."""
    if name not in names():
        raise PromptError(f"no prompt is called {name!r}; there are {', '.join(names())}")
    return files("prompts").joinpath(f"{name}.md").read_text(encoding="utf-8")


def fill(name: str, **slots: object) -> str:
    """The text of a prompt with every `$slot` filled; one left open is an error, not noise for the model."""
    try:
        return Template(load(name)).substitute(slots)
    except PromptError:
        raise
    except KeyError as missing:
        raise PromptError(f"prompt {name!r} has a slot ${missing.args[0]} that nothing fills") from missing


def system(stage: str) -> str:
    """All a model is told before it sees the evidence: the shared practice, then the stage's own page."""
    return f"{fill('rules', stage=stage).rstrip()}\n\n{load(stage)}"
