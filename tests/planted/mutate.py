"""What people and pipelines do to a text on its way from a test set into a training set."""

from __future__ import annotations

import random
import re

from tests.planted.words import paragraph, word

_CURLY = str.maketrans({"'": "’", '"': "”", "-": "–"})
_LEETS = {"a": "á", "e": "é", "o": "ö"}


def recase(text: str, rng: random.Random) -> str:
    return rng.choice((str.upper, str.lower, str.title))(text)


def respace(text: str, rng: random.Random) -> str:
    """Tabs, line breaks and double spaces where there was one space."""
    return rng.choice(("  ", " ", "\n")) + "".join(
        rng.choice((" ", " ", "  ", "\t", "\n", "\u00a0")) if c == " " else c for c in text
    )


def repunctuate(text: str, rng: random.Random) -> str:
    """Curly quotes and dashes, or no punctuation at all."""
    if rng.random() < 0.5:
        return re.sub(r"[^\w\s]", "", text)
    return text.translate(_CURLY).replace(",", " ,").replace(".", " !")


def edit(text: str, rng: random.Random) -> str:
    """One to three words changed, dropped or put in."""
    words = text.split()
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(words))
        how = rng.random()
        if how < 0.5:
            words[at] = word(rng, rng.choice(("plain", "noun", "adjective")))
        elif how < 0.75 and len(words) > 8:
            del words[at]
        else:
            words.insert(at, word(rng, "adverb"))
    return " ".join(words)


def mistype(text: str, rng: random.Random) -> str:
    """A typing mistake in about one word of nine: a letter dropped, doubled or swapped with the next."""
    out = []
    for w in text.split():
        if len(w) > 4 and rng.random() < 0.11:
            at = rng.randrange(1, len(w) - 2)
            how = rng.randrange(3)
            w = (w[:at] + w[at + 1 :], w[:at] + w[at] + w[at:], w[:at] + w[at + 1] + w[at] + w[at + 2 :])[how]
        out.append(w)
    return " ".join(out)


def reorder(text: str, rng: random.Random) -> str:
    """The sentences, or the clauses of a single one, in another order."""
    parts = re.split(r"(?<=[.!?])\s+", text)
    if len(parts) < 2:
        parts = re.split(r",\s+", text)
    if len(parts) < 2:
        half = len(text.split()) // 2
        parts = [" ".join(text.split()[:half]), " ".join(text.split()[half:])]
    turned = parts[1:] + parts[:1]
    if len(parts) > 2:
        rest = parts[:]
        while rest == parts:
            rng.shuffle(rest)
        turned = rest
    return " ".join(turned)


_SWAPS = {
    "the": "that", "a": "one", "every": "each", "nobody": "no one", "while": "as", "because": "since", "before": "until",
    "seems": "looks", "near": "close to", "without": "lacking", "needs": "requires", "of": "belonging to",
    "between": "among", "which": "that", "whoever": "anyone who", "wrote": "noted", "makes": "renders", "is": "appears",
    "must": "has to", "for": "on behalf of", "and": "plus", "but": "yet", "later": "afterwards", "by": "through",
}  # fmt: skip


def paraphrase(text: str, rng: random.Random) -> str:
    """Function words replaced, words moved a little, one in eight replaced; the rare words stay."""
    words = [_SWAPS.get(w.lower().strip(",."), w) for w in text.split()]
    out: list[str] = []
    for at in range(0, len(words), 4):
        window = words[at : at + 4]
        rng.shuffle(window)
        out += window
    common = [i for i, w in enumerate(out) if w.islower()]
    for i in rng.sample(common, min(len(common), max(1, len(out) // 8))):
        out[i] = word(rng, "adjective")
    return " ".join(out)


def embed(text: str, rng: random.Random) -> str:
    """Inside a longer document."""
    return f"{paragraph(rng, 4, 7)} {text} {paragraph(rng, 4, 7)}"


def accent(text: str, rng: random.Random) -> str:
    """Accents where there were none, as a bad conversion leaves them."""
    return "".join(_LEETS.get(c, c) if rng.random() < 0.15 else c for c in text)


def truncate(text: str, rng: random.Random) -> str:
    """The first four fifths of it."""
    words = text.split()
    return " ".join(words[: max(6, int(len(words) * rng.uniform(0.75, 0.9)))])


KINDS = {
    "exact": lambda text, rng: text,
    "case": recase,
    "spacing": respace,
    "punctuation": repunctuate,
    "edit": edit,
    "typos": mistype,
    "reorder": reorder,
    "paraphrase": paraphrase,
    "embedded": embed,
    "truncated": truncate,
}
