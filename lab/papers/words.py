"""Turning text into search terms, the same way for queries and for what is searched."""

import re
import unicodedata

WORD = re.compile(r"[^\W_]+(?:[.\-_][^\W_]+)*")

COMMON = """
    a about after all also an and any are as at be been between but by can did do does for from had has have how if
    in into is it its may more most much no not of on one only or other our out over per so some such than that the
    their them then there these they this to too up use used was we were what when where which while who why will
    with would you your
"""
STOP_WORDS = frozenset(COMMON.split())


def _singular(word: str) -> str:
    """Fold a plural: seeds is seed. Short words and those in -ss, -us, -is, -as (bias) stay."""
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "as")):
        return word[:-1]
    return word


def terms(text: str) -> list[str]:
    """Lower-case words without accents; a compound counts as itself and as its parts (best-of-n: best-of-n, best)."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).replace("\u2010", "-")
    found: list[str] = []
    for word in WORD.findall(plain):
        parts = re.split(r"[-_]", word)
        pieces = [word, *(part for part in parts if len(part) > 1)] if len(parts) > 1 else [word]
        found.extend(_singular(piece) for piece in pieces if piece not in STOP_WORDS)
    return found
