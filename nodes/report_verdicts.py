"""What a sentence claims without a number: a target met, a side that is better, a result repeated, somebody cited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from nodes.report_known import Book

GOAL = r"(?:targets?|goals?|objectives?|thresholds?|bar)"
REACHED = (
    r"(?:meets?|met|meeting|reach\w*|hits?|hitting|exceed\w*|surpass\w*|beats?|beaten|beating|achiev\w*|attain\w*|clear(?:s|ed)"
    r"|satisf\w+|fulfil\w*|pass(?:es|ed)|accomplish\w*|above|over|beyond)"
)
MET = re.compile(rf"\b(?P<a>{REACHED})\b[^.]*\b{GOAL}\b|\b{GOAL}\b[^.]*?\b(?P<b>{REACHED})\b", re.IGNORECASE)
WELL = re.compile(
    r"\b(?:run|study|research|project|effort|attempt|search) (?:has |had |was |is |were )*(?P<a>success\w*|succeeded|succeeds|a success)\b",
    re.IGNORECASE,
)
SURE = re.compile(
    r"\b(?P<a>significan\w*|statistic\w*|distinguishable"
    r"|(?:beyond|more than|not|no|above) (?:the |mere |just |only )?(?:noise|chance|luck|a fluke)"
    r"|(?:real|genuine|true|reliable|reliably|robust|robustly|clear|clearly|certain|certainly|convincing|convincingly|decisive|decisively"
    r"|undoubted|undoubtedly|consistent|consistently|solid|unmistakable) (?:\w+ )?(?:better|worse|improv\w+|gain\w*|beats?|outperform\w*"
    r"|effect|difference|wins?|ahead|superior)|(?:outperform|overperform)\w*|with (?:\d+ ?%|\w+ percent|high|full|great) confidence)\b"
    r"|\b(?:improvement|gain|difference|effect|advantage|lift)s? (?:is|was|are|were|proved|looks?) (?:\w+ )?"
    r"(?P<b>real|genuine|robust|reliable|solid|sound|certain|clear|convincing|proven|true|consistent)\b",
    re.IGNORECASE,
)
AGAIN = re.compile(
    r"\b(?P<a>reproduc(?:ed|ible|ibly|es)|replicat\w+)\b|\breproduction (?:has )?(?P<b>succe\w+|agre\w+|confirm\w+|match\w+|held)\b"
    r"|\b(?:results?|findings?|scores?|gains?|outcome|number)\b[^.]*?\b(?P<c>repeat\w*|confirm\w*|held (?:up|again)|recurr\w*)\b",
    re.IGNORECASE,
)
CLAIM = r"(?:claim|assertion|statement|paper's (?:result|number|score|finding))"
TRUE = r"(?:supported|confirmed|true|right|correct|verified|upheld|borne out|validated|proven|proved|accurate|holds|stands|valid)"
FALSE = r"(?:contradicted|refuted|false|wrong|disproved|disproven|rejected|overturned)"
SUPPORTED = re.compile(rf"\b{CLAIM}\b[^.]*?\b(?P<a>{TRUE})\b", re.IGNORECASE)
REFUTED = re.compile(rf"\b{CLAIM}\b[^.]*?\b(?P<a>{FALSE})\b", re.IGNORECASE)

GOVERNS = re.compile(
    r"(?:\b(?:not|never|cannot|neither|nor|hardly|barely|without|unable to|fail(?:s|ed|ing)? to)|n't)"
    r"(?: (?!only\b|just\b|merely\b)\w+)?\W*$"
    r"|^\W*(?:no|none|neither|nothing|nobody|not one)\b(?:\W+\w+){0,3}\W*$",
    re.IGNORECASE,
)
"""A word that takes back the verb after it stands right before it, or is the clause's own subject. `Without a doubt` takes nothing back."""
PARTS = re.compile(r"[;:]|,(?!\d)|\b(?:and|but|while|whereas|although|though|since|because|so)\b", re.IGNORECASE)

BEATS = r"outperform\w*|overperform\w*|beats?|beaten|beating|surpass\w*|exceed\w*"
BETTER = rf"better|{BEATS}|superior|stronger|improv(?:es?|ed|ing)|ahead|wins?|won"
WORSE = (
    r"worse|underperform\w*|inferior|weaker|trails?|trailed|behind|loses|lost (?:to|against)|degrad\w*|regress(?:es|ed)"
)
HIGHER, LOWER = r"higher|above|greater|larger|more", r"lower|below|smaller|less|fewer|under"
COMPARES = re.compile(
    rf"\b(?:(?P<better>{BETTER})|(?P<worse>{WORSE})|(?P<higher>{HIGHER})|(?P<lower>{LOWER}))\b", re.IGNORECASE
)
SCORED = re.compile(r"\b(?:scor\w*|accura\w*|result\w*|perform\w*)\b", re.IGNORECASE)
PERHAPS = re.compile(r"\b(?:could|might|may|can|should|would|to)(?: \w+)?\W*$", re.IGNORECASE)
HEDGED = re.compile(
    r"\b(?:noise|intervals?|distinguish\w*|insignifican\w*|uncertain\w*|unclear|not significan\w*|whether)\b",
    re.IGNORECASE,
)
GAINS = re.compile(r"\b(?:gain|improvement|advantage|benefit|lift)s?\b", re.IGNORECASE)
LOSSES = re.compile(
    r"\b(?:negative|minus|loss|lost|worse|below|lower|fell|drop\w*|no|not|nothing|without|none)\b|[-−]\.?\d",
    re.IGNORECASE,
)
OTHERS = re.compile(
    rf"\b{GOAL}\b|\bclaim|\bmajority|\bchance\b|\brandom|\bcontrols?\b|\bsimplest|\bshuffled|\bblind\b", re.IGNORECASE
)
CITES = re.compile(
    r"\bpapers?\b|\bauthors?\b|\bliterature\b|\bpublished\b|\b(?:prior|previous|earlier|related) (?:work|stud\w+|research|results)\b"
    r"|\baccording to [A-Z]"
    r"|\b[A-Z][a-z]+ (?:and|&) [A-Z][a-z]+ (?:have |had )?(?:show|found|find|report|prov|argu|observ|demonstrat|claim)\w*"
)
QUOTES = re.compile(r"[\"“”„«][^\"“”„«»]*\w+\s+\w+\s+\w+[^\"“”„«»]*[\"“”»]")


def verdicts(sentence: str, book: Book) -> str:
    """Why what it claims can't stand; empty when the record says the same."""
    if QUOTES.search(sentence):
        return "it quotes, and no quotation can be held against the record"
    if CITES.search(sentence) and not book.claims and not any(paper in sentence for paper in book.papers):
        return "it cites without the name of a source that was read"
    outcome = f"the outcome is {book.outcome or 'open'}"
    for said, stands, why in (
        (MET, book.outcome == "target_met", outcome), (WELL, book.outcome in ("target_met", "claim_supported"), outcome),
        (SUPPORTED, book.outcome == "claim_supported", outcome), (REFUTED, book.outcome == "claim_contradicted", outcome),
        (SURE, book.gain_is_beyond_noise, "no interval of the gain says so"), (AGAIN, book.reproduced, "nothing was reproduced"),
    ):  # fmt: skip
        if not stands and any(not _taken_back(sentence, at) for at in _places(said, sentence)):
            return why
    return _compared(sentence, book)


def _places(said: re.Pattern[str], sentence: str) -> Iterator[int]:
    """Where the telling word of each claim stands; another one may begin inside the one before."""
    at = 0
    while match := said.search(sentence, at):
        yield match.start(match.lastgroup or 0)
        at = match.start() + 1


def _taken_back(sentence: str, at: int) -> bool:
    begins = max((m.end() for m in PARTS.finditer(sentence, 0, at)), default=0)
    return bool(GOVERNS.search(sentence[begins:at]))


def _compared(sentence: str, book: Book) -> str:
    """Which of finalist and baseline it says is better, against which one is."""
    split = "validation" if re.search(r"\bvalidation\b", sentence, re.IGNORECASE) else "sealed"
    order = book.order.get(split)
    if order and order[0] < 0 and GAINS.search(sentence) and not LOSSES.search(sentence):
        return "the finalist gained nothing over the baseline"
    begins = [0, *(m.end() for m in PARTS.finditer(sentence)), len(sentence)]
    for first, last in pairwise(begins):
        part = sentence[first:last]
        for match in COMPARES.finditer(part):
            why = _one(part, match, sentence[:first], sentence, order, book)
            if why:
                return why
    return ""


def _one(part: str, match: re.Match[str], before: str, sentence: str, order: tuple[int, int] | None, book: Book) -> str:
    kind = str(match.lastgroup)
    subject = (_sides(part[: match.start()], book) or _sides(before, book) or [""])[-1]
    object_ = (_sides(part[match.end() :], book) or [""])[0]
    if subject in book.experiments or object_ in book.experiments:
        return _of_single_ones(subject, object_, kind, sentence, book)
    if "other" in (subject, object_) or not (subject or object_) or subject == object_:
        return ""
    if kind in ("higher", "lower") and not (subject and object_ and SCORED.search(sentence)):
        return ""
    if match[0].lower().startswith("improv") and PERHAPS.search(part[: match.start()]):
        return ""
    if (
        re.match(r"\W+by\b(?!\W+\.?\d)", part[match.end() :])
        and kind == "better"
        and match[0].lower() not in ("better", "superior")
    ):
        subject, object_ = object_, subject  # beaten by
    says = 1 if kind in ("better", "higher") else -1
    says *= 1 if subject == "finalist" or (not subject and object_ == "baseline") else -1
    if order is None:
        return "nothing compared the finalist with the baseline"
    holds = order[0] if kind in ("better", "worse") else order[1]
    if GOVERNS.search(part[: match.start()]) or re.search(r"\bno\W*$", part[: match.start()]):
        return "the record says that it is" if holds == says and book.gain_is_beyond_noise else ""
    if holds != says:
        return "the record says the opposite" if holds else "the record does not say so"
    if kind in ("better", "worse") and not book.gain_is_beyond_noise and not HEDGED.search(sentence):
        return "no interval of the gain says so"
    return ""


def _of_single_ones(one: str, other: str, kind: str, sentence: str, book: Book) -> str:
    """Experiments that are no finalists are compared by their validation scores, or not at all."""
    if not one or not other or "other" in (one, other) or (kind in ("higher", "lower") and not SCORED.search(sentence)):
        return ""
    known = {"finalist": book.finalists, "baseline": book.baselines}
    values = [[book.scores[name] for name in known.get(who, {who}) if name in book.scores] for who in (one, other)]
    if not all(values):
        return (
            f"nothing compared {one} with {other}" if {one, other} & set(known) or kind in ("higher", "lower") else ""
        )
    order = book.order.get("validation", (1, 1))
    higher = max(values[0]) > max(values[1])
    better = higher if order[0] == order[1] else not higher
    holds = {"better": better, "worse": not better, "higher": higher, "lower": not higher}[kind]
    return "" if holds else "the record says the opposite"


def _sides(text: str, book: Book) -> list[str]:
    """Who is spoken of, in order: the finalist, the baseline, or anything else that is no part of their comparison."""
    found = [(m.start(), "other") for m in OTHERS.finditer(text)]
    found += [(m.start(), "baseline") for m in re.finditer(r"\bbaselines?\b", text, re.IGNORECASE)]
    ours = (
        r"\b(?:finalists?|winner|best|final|(?:our|the|this|tuned|trained) (?:\w+ )?(?:model|recipe|method|approach))\b"
    )
    found += [(m.start(), "finalist") for m in re.finditer(ours, text, re.IGNORECASE)]
    for name in book.experiments:
        side = "finalist" if name in book.finalists else "baseline" if name in book.baselines else name
        found += [(m.start(), side) for m in re.finditer(rf"\b{re.escape(name)}\b", text)]
    return [side for _, side in sorted(found)]
