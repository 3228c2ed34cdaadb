"""Numbers as people and models write them: separators, fractions, percents, money, powers of ten, units.

Grammar, after the part that states the answer was found (the last \\boxed{...}, else what follows the last `####`,
else what follows the last `answer is` or `answer:` on its line, else the whole text; of that, what follows a last `=`):
    [sign] [currency] number [%] [thousand|million|billion|trillion] [unit]
    number: 1200 | 1,200 | .5 | 1e-3 | 1.2 x 10^3 | 1/2 | 1 1/2 | \\frac{1}{2}
    unit:   one of UNITS with ^2, ^3, `square`, `cubic`; one word that is not in it; two of these with `/` or `per`
Anything else is no number: it is never fished out of a sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

RELATIVE = Fraction(1, 10**6)
NEAR_ZERO = Fraction(1, 10**9)
"""Two numbers are the same within a millionth of the larger; where one is zero, within 1e-9 of it.

Two whole numbers are the same only if they are equal: 1000001 is not 1000000.
"""
LARGEST_POWER = 400
LONGEST = 200
"""Characters a number with its unit may take; longer is a text."""

_TABLE = {
    "length": "mm millimeter millimetre:0.001 cm centimeter centimetre:0.01 m meter metre:1 km kilometer kilometre:1000"
    " in inch inches:0.0254 ft foot feet:0.3048 yd yard:0.9144 mi mile:1609.344",
    "mass": "mg milligram:0.001 g gram:1 kg kilogram:1000 tonne:1000000 lb lbs pound:453.59237 oz ounce:28.349523125",
    "time": "ms millisecond:0.001 s sec second:1 min minute:60 h hr hour:3600 day:86400 week:604800",
    "volume": "ml milliliter millilitre:0.001 l liter litre:1",
    "dollar": "$ usd dollar:1 cent:0.01",
    "euro": "€ eur euro:1",
    "pound": "£ gbp:1",
    "yen": "¥ jpy yen:1",
    "length/time": "mph:0.44704",
    "month": "month:1 year:12",
    "celsius": "°c celsius:1",
    "fahrenheit": "°f fahrenheit:1",
    "angle": "° degree deg:1",
    "percent": "% percent:0.01",
    "bytes": "byte:1 kb kilobyte:1000 mb megabyte:1000000 gb gigabyte:1000000000",
}
UNITS: dict[str, tuple[str, Fraction]] = {
    name: (kind, Fraction(group.rsplit(":", 1)[1]))
    for kind, groups in _TABLE.items()
    for group in re.findall(r"[^:]+:[0-9.]+", groups)
    for name in group.rsplit(":", 1)[0].split()
}
SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_LETTERS = str.maketrans({
    "−": "-", "–": "-", "⁄": "/", "×": "x", "·": "x", "\u00a0": " ", "\u2009": " ", "\u202f": " ", "²": "^2", "³": "^3",
    "½": " 1/2", "¼": " 1/4", "¾": " 3/4", "*": " ", "`": " ",
})  # fmt: skip
_LATEX = (
    (re.compile(r"\\[,;!: ]|\\left|\\right|\\[()\[\]]|~"), ""),
    (re.compile(r"\\(?:text|mathrm|textbf|mathbf|operatorname)\s*\{([^{}]*)\}"), r" \1 "),
    (re.compile(r"\^\s*\{?\s*\\circ\s*\}?"), "°"),
    (re.compile(r"\\(?:times|cdot)"), "x"),
    (re.compile(r"\\([$%])"), r"\1"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"), r" (\1/\2) "),
)
_PLAIN = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_NUMBER = re.compile(
    rf"\s*(?P<sign>[+-]?)\s*(?P<money>[$€£¥]?)\s*(?P<sign2>[+-]?)\s*"
    rf"(?:(?P<whole>[0-9]+)\s+\(?(?P<num>[0-9]+)\s*/\s*(?P<den>[0-9]+)\)?"
    rf"|\(?\s*(?P<top>-?{_PLAIN})\s*/\s*(?P<bottom>{_PLAIN})\s*\)?"
    rf"|(?P<plain>{_PLAIN})(?:[eE](?P<e>[+-]?[0-9]+)|\s*x\s*10\s*\^\s*\{{?\s*(?P<ten>[+-]?[0-9]+)\s*\}}?)?)"
)
_USUAL = re.compile(r"(-?[0-9]+)(?:\.([0-9]+))?")
_SCALE = re.compile(rf"\s*({'|'.join(SCALES)})\b", re.IGNORECASE | re.ASCII)
_STATED = re.compile(r"\banswer(?:\s+is\b|\s*:)\s*:?", re.IGNORECASE | re.ASCII)
_UNIT = re.compile(
    r"(?:(square|cubic|sq\.?|degrees?)\s+)?(°?[^\W\d_]+|[$€£¥°%])\s*(?:\^?\s*\{?([23])\}?)?", re.IGNORECASE
)
_POWERS = {"square": 2, "sq": 2, "sq.": 2, "cubic": 3, "degree": 1, "degrees": 1}


@dataclass(frozen=True)
class Quantity:
    """A number as written, and what it is in its unit's base; `kind` is empty where no unit was written."""

    written: Fraction
    value: Fraction
    kind: str


def read_quantity(text: str | None) -> Quantity | None:
    """The number a text states, or nothing."""
    usual = _USUAL.fullmatch(text) if text is not None and len(text) <= LONGEST else None
    if usual:  # most are, and it is fast
        whole, digits = usual.groups("")
        plain = Fraction(int(whole + digits), 10 ** len(digits))
        return Quantity(plain, plain, "")
    stated = _tidy(final_part(text or ""))
    found = _NUMBER.match(stated) if 0 < len(stated) <= LONGEST else None
    number = _value(found) if found else None
    if found is None or number is None:
        return None
    rest = stated[found.end() :]
    scale = _SCALE.match(rest)
    if scale:
        number, rest = number * SCALES[scale.group(1).lower()], rest[scale.end() :]
    unit = _unit(" ".join([found["money"], rest]).strip())
    if unit is None:
        return None
    return Quantity(number, number * unit[1], unit[0])


def same_quantity(said: Quantity, gold: Quantity) -> bool:
    """Units are compared where both have them; a bare number is compared with the other's as written.

    A percent beside a bare number is that fraction (50 % is 0.5) or, where the bare number is above 1, that many percent.
    """
    if said.kind == gold.kind or {said.kind, gold.kind} == {"", "percent"}:
        if close(said.value, gold.value):
            return True
        bare = said if not said.kind else gold
        return said.kind != gold.kind and abs(bare.value) > 1 and close(said.written, gold.written)
    return (not said.kind or not gold.kind) and close(said.written, gold.written)


def close(a: Fraction, b: Fraction) -> bool:
    if a == b or a.denominator == b.denominator == 1:
        return a == b
    return abs(a - b) <= (max(abs(a), abs(b)) * RELATIVE if a and b else NEAR_ZERO)


def final_part(text: str) -> str:
    """The part of a reply that states its answer."""
    boxed = _boxed(text)
    if boxed is not None:
        return boxed
    if "####" in text:
        return text.rsplit("####", 1)[1].strip().partition("\n")[0]
    ends = [stated.end() for stated in _STATED.finditer(text)]
    return text[ends[-1] :].strip().partition("\n")[0] if ends else text


def _boxed(text: str) -> str | None:
    """Inside of the last \\boxed{...} whose braces close."""
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    depth, begin = 0, start + len("\\boxed")
    for i in range(begin, len(text)):
        depth += (text[i] == "{") - (text[i] == "}")
        if depth == 0:
            return text[begin + 1 : i]
    return None


def _tidy(text: str) -> str:
    """Plain characters for LaTeX and typography; the frame of a formula, a last full stop and `x =` are gone."""
    clean = text.strip()
    if len(clean) > 10 * LONGEST:
        return ""
    if re.search(r"[0-9][²³](?![^\W\d_])", clean):  # a power of a number, which this grammar has not
        return ""
    for pattern, by in _LATEX:
        clean = pattern.sub(by, clean)
    clean = clean.translate(_LETTERS).strip().rstrip(".").strip()
    if len(clean) > 1 and clean[0] == clean[-1] == "$":
        clean = clean[1:-1].strip()
    return clean.rsplit("=", 1)[-1].strip()


def _value(found: re.Match[str]) -> Fraction | None:
    if found["sign"] and found["sign2"]:
        return None
    sign = -1 if "-" in (found["sign"], found["sign2"]) else 1
    if found["plain"]:
        power = int(found["e"] or found["ten"] or "0")
        return sign * _exact(found["plain"]) * Fraction(10) ** power if abs(power) <= LARGEST_POWER else None
    top, bottom = (_exact(found["num"] or found["top"]), _exact(found["den"] or found["bottom"]))
    return sign * (_exact(found["whole"] or "0") + top / bottom) if bottom else None


def _exact(text: str) -> Fraction:
    return Fraction(text.replace(",", ""))


def _unit(text: str) -> tuple[str, Fraction] | None:
    """Kind and factor of a unit; none at all is no kind and 1; None where the text is no unit."""
    if not text:
        return "", Fraction(1)
    over = re.split(r"\s*/\s*|\s+per\s+", text)
    if len(over) > 2:
        return None
    parts = [_single(part) for part in over]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    if len(known) == 1:
        return known[0]
    return f"{known[0][0]}/{known[1][0]}", known[0][1] / known[1][1]


def _single(text: str) -> tuple[str, Fraction] | None:
    found = _UNIT.fullmatch(text.strip())
    if found is None or found[2].lower() == "per":
        return None
    before, name, after = found.groups()
    power = _POWERS[before.lower()] if before else int(after or 1)
    kind, factor = _named(name.lower())
    return (kind if power == 1 else f"{kind}^{power}"), factor**power


def _named(name: str) -> tuple[str, Fraction]:
    for form in (name, name.removesuffix("s")):
        if form in UNITS:
            return UNITS[form]
    return f"?{name.removesuffix('s')}", Fraction(1)
