"""English of many subjects: sentences from a grammar over real words, and real paragraphs from installed packages."""

# ruff: noqa: SIM905  (word lists read better as one line of words)

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterable
from functools import cache
from importlib import util
from pathlib import Path

_ENDINGS = {
    "noun": ("tion", "ment", "ness", "ity", "ance", "ence", "ism", "or", "ure", "ist"),
    "adjective": ("ive", "al", "ous", "ful", "able", "ic", "less", "ant"),
    "adverb": ("ly",),
    "doing": ("ing",),
    "did": ("ed",),
}
_NOT = frozenset(
    "only apply family reply supply being during nothing something anything need feed seed speed embed".split()
)
_PLAIN_NOUNS = """
apple anchor bridge basket barrel candle carpet castle cellar chapel copper cotton cradle crater desert dragon eagle
engine falcon fiddle forest fossil garden ginger goblet granite hammer harbour helmet hollow island jacket jungle
kettle ladder lantern lemon lizard magnet marble meadow mirror mitten morning mountain needle nettle oyster paddle
parcel pebble pepper pillow planet pocket quarry rabbit ribbon river rocket saddle sailor salmon shadow shelter
shovel signal silver spider spring stable statue summer temple thistle thunder ticket timber tunnel turnip valley
velvet village violin walnut weasel whistle willow window winter wizard yarn yeast zebra orchard glacier monsoon
""".split()
_OPENINGS = (
    "",
    "",
    "",
    "Later, ",
    "In {name}, ",
    "By autumn, ",
    "According to {name}, ",
    "At first, ",
    "After {doing}, ",
)
_SENTENCES = (
    "the {adjective} {noun} {adverb} {did} a {plain} near {name}",
    "{name} {did} the {noun} of every {plain} while {doing} the {adjective} {plain}",
    "nobody {did} how the {plain} {adverb} {did} its {adjective} {noun}",
    "{doing} a {plain} is {adjective}, but {doing} the {noun} is not",
    "{name} and {name} {did} {number} {plain}s for the {noun}",
    "a {plain} without {noun} seems {adjective} to {name}",
    "the {noun} between the {plain} and the {plain} {adverb} {did} in {year}",
    "every {adjective} {plain} needs a {noun}, which {name} {did}",
    "{number} of the {plain}s {did} before the {noun} was {did}",
    "the {plain} {did} because its {noun} had been {adverb} {did} by {name}",
    "whoever {did} the {plain} must have seen an {adjective} {noun}",
    "{name} wrote that {doing} {plain}s makes any {noun} {adjective}",
)
_SYLLABLES = (
    "ba be bo bra cor da del dor el fen fi gal gor ha hel in ja kal ker la lin lo mar mel mi na nor ol pel "
    "per qua ra rin ro sa sel sol ta ter tho ul va vel vin wes xi yor za zel"
).split()


@cache
def lexicon() -> dict[str, tuple[str, ...]]:
    """Real words by the part they can play, read off their endings in texts that Python and sklearn carry."""
    from pydoc_data.topics import topics

    text = " ".join(topics.values())
    spec = util.find_spec("sklearn")
    if spec is not None and spec.origin:
        for page in sorted(Path(spec.origin).parent.glob("datasets/descr/*.rst")):
            text += page.read_text(encoding="utf-8")
    library = Path(__file__).parents[2] / "lab" / "library"
    for page in sorted(library.glob("*.md")):
        text += page.read_text(encoding="utf-8")
    words = sorted(set(re.findall(r"\b[a-z]{5,13}\b", text)) - _NOT)
    found = {part: tuple(w for w in words if w.endswith(ends)) for part, ends in _ENDINGS.items()}
    return found | {"plain": tuple(_PLAIN_NOUNS)}


def name(rng: random.Random) -> str:
    """A name nobody has."""
    return "".join(rng.choice(_SYLLABLES) for _ in range(rng.choice((2, 2, 3)))).capitalize()


def word(rng: random.Random, part: str) -> str:
    if part == "name":
        return name(rng)
    if part == "number":
        return str(rng.randint(3, 990))
    if part == "year":
        return str(rng.randint(1780, 2024))
    return rng.choice(lexicon()[part])


def fill(rng: random.Random, form: str) -> str:
    """A form with each {part} replaced by a word of its own."""
    return re.sub(r"\{(\w+)\}", lambda m: word(rng, m[1]), form)


def sentence(rng: random.Random) -> str:
    body = fill(rng, rng.choice(_OPENINGS)) + fill(rng, rng.choice(_SENTENCES))
    return body[0].upper() + body[1:] + "."


def paragraph(rng: random.Random, low: int = 2, high: int = 4) -> str:
    return " ".join(sentence(rng) for _ in range(rng.randint(low, high)))


def paragraphs(seed: object, count: int, low: int = 2, high: int = 4) -> list[str]:
    """Texts that have nothing but common words in common."""
    rng = random.Random(str(seed))
    return [paragraph(rng, low, high) for _ in range(count)]


@cache
def docstrings(package: str, folder: str = "") -> tuple[str, ...]:
    """Docstrings of an installed package's functions, read from its sources without importing it."""
    spec = util.find_spec(package)
    if spec is None or not spec.origin:
        raise ValueError(f"{package} is not installed")
    found: dict[str, None] = {}
    for file in sorted((Path(spec.origin).parent / folder).rglob("*.py")):
        if "test" in file.as_posix().split("site-packages")[-1]:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                text = ast.get_docstring(node)
                if text and len(text) > 150:
                    found[text] = None
    return tuple(found)


@cache
def functions(package: str, folder: str = "") -> tuple[tuple[str, str, str], ...]:
    """Name, docstring and source of an installed package's functions."""
    spec = util.find_spec(package)
    if spec is None or not spec.origin:
        raise ValueError(f"{package} is not installed")
    found = []
    for file in sorted((Path(spec.origin).parent / folder).rglob("*.py")):
        if "test" in file.as_posix().split("site-packages")[-1]:
            continue
        source = file.read_text(encoding="utf-8")
        lines = source.splitlines()
        for node in ast.walk(ast.parse(source)):
            text = ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None
            if text and len(text) > 100:
                found.append((node.name, text, "\n".join(lines[node.lineno - 1 : node.end_lineno])))  # type: ignore[attr-defined]
    return tuple(found)


def prose(package: str, folder: str = "") -> tuple[str, ...]:
    """Running paragraphs of a package's docstrings, each kept once."""
    kept: dict[str, None] = {}
    for doc in docstrings(package, folder):
        for block in re.split(r"\n\s*\n", doc):
            flat = " ".join(block.split())
            if 18 <= len(flat.split()) <= 120 and ">>>" not in flat and "----" not in flat and " : " not in flat:
                kept[flat] = None
    return tuple(kept)


def distinct(texts: Iterable[str], count: int, limit: float = 0.5) -> list[str]:
    """The first texts of which no two share more than a part of their words: kin that lies in a package is left out."""
    kept: list[tuple[str, frozenset[str]]] = []
    for text in texts:
        words = frozenset(re.findall(r"\w+", text.lower()))
        if all(len(words & other) <= limit * min(len(words), len(other)) for _, other in kept):
            kept.append((text, words))
        if len(kept) == count:
            break
    return [text for text, _ in kept]
