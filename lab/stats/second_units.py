"""Units for the second reading of numbers: the same words, written down another way."""

from __future__ import annotations

from fractions import Fraction

Unit = tuple[str, Fraction]
INCH = Fraction(254, 10000)
POUND = Fraction(45359237, 100000)
KINDS: dict[str, dict[tuple[str, ...], Fraction]] = {
    "length": {
        ("m", "meter", "metre"): Fraction(1), ("mm", "millimeter", "millimetre"): Fraction(1, 1000),
        ("cm", "centimeter", "centimetre"): Fraction(1, 100), ("km", "kilometer", "kilometre"): Fraction(1000),
        ("in", "inch", "inches"): INCH, ("ft", "foot", "feet"): 12 * INCH, ("yd", "yard"): 36 * INCH,
        ("mi", "mile"): 5280 * 12 * INCH,
    },
    "mass": {
        ("g", "gram"): Fraction(1), ("mg", "milligram"): Fraction(1, 1000), ("kg", "kilogram"): Fraction(1000),
        ("tonne",): Fraction(10**6), ("lb", "lbs", "pound"): POUND, ("oz", "ounce"): POUND / 16,
    },
    "time": {
        ("s", "sec", "second"): Fraction(1), ("ms", "millisecond"): Fraction(1, 1000), ("min", "minute"): Fraction(60),
        ("h", "hr", "hour"): Fraction(60 * 60), ("day",): Fraction(24 * 60 * 60), ("week",): Fraction(7 * 24 * 60 * 60),
    },
    "volume": {("l", "liter", "litre"): Fraction(1), ("ml", "milliliter", "millilitre"): Fraction(1, 1000)},
    "USD": {("$", "usd", "dollar"): Fraction(1), ("cent",): Fraction(1, 100)},
    "EUR": {("€", "eur", "euro"): Fraction(1)},
    "GBP": {("£", "gbp"): Fraction(1)},
    "JPY": {("¥", "jpy", "yen"): Fraction(1)},
    "length over time": {("mph",): 5280 * 12 * INCH / 3600},
    "months": {("month",): Fraction(1), ("year",): Fraction(12)},
    "C": {("°c", "celsius"): Fraction(1)},
    "F": {("°f", "fahrenheit"): Fraction(1)},
    "angle": {("°", "deg", "degree"): Fraction(1)},
    "%": {("%", "percent"): Fraction(1, 100)},
    "bytes": {
        ("byte",): Fraction(1), ("kb", "kilobyte"): Fraction(10**3), ("mb", "megabyte"): Fraction(10**6),
        ("gb", "gigabyte"): Fraction(10**9),
    },
}  # fmt: skip


def unit_of(text: str) -> Unit | None:
    """Kind and factor; no text is no unit; None is no unit that this grammar has."""
    words = text.replace("/", " / ").split()
    if not words:
        return "", Fraction(1)
    sides: list[list[str]] = [[]]
    for place, word in enumerate(words):
        if word == "/" or (word == "per" and place):
            sides.append([])
        else:
            sides[-1].append(word)
    units = [_one(" ".join(side)) for side in sides]
    if len(units) > 2 or None in units:
        return None
    (kind, factor), *under = [unit for unit in units if unit is not None]
    return (f"{kind} over {under[0][0]}", factor / under[0][1]) if under else (kind, factor)


def _one(text: str) -> Unit | None:
    first, _, rest = text.partition(" ")
    powers = {"square": 2, "sq": 2, "sq.": 2, "cubic": 3, "degree": 1, "degrees": 1}
    if first.lower() in powers:
        named = _power(rest.strip())
        if named is not None:
            return _raised(named[0], powers[first.lower()])
    plain = _power(text)
    return None if plain is None else _raised(*plain)


def _power(text: str) -> tuple[str, int] | None:
    """A unit's name and the power behind it."""
    end = 0
    if text[:1] and text[0] in "$€£¥%":
        end = 1
    else:
        end += text[:1] == "°"
        while end < len(text) and text[end].isalnum() and not text[end].isdecimal():
            end += 1
    name, behind = text[:end], text[end:].replace(" ", "")
    if not name or name.lower() == "per":
        return None
    bare = behind.removeprefix("^").removeprefix("{").removesuffix("}")
    return (name, int(bare or 1)) if not behind or bare in ("2", "3") else None


def _raised(name: str, power: int) -> Unit:
    low = name.lower()
    singular = low[:-1] if low.endswith("s") else low
    for form in (low, singular):
        for kind, groups in KINDS.items():
            for names, factor in groups.items():
                if form in names:
                    return f"{kind} to {power}" if power > 1 else kind, factor**power
    return f"other {singular} to {power}", Fraction(1)
