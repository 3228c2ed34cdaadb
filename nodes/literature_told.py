"""What papers report, as the run's report tells it: each result with the place where it stands and the words that say it."""

from __future__ import annotations

from typing import Any

from nodes.report_blocks import Block, Code, Heading, Para, Table, Text
from nodes.report_words import NOTHING, clip, plural, setting

Json = dict[str, Any]
SHOWN = 12
"""Recipes or claims in the report; all of them are in the run's reading.json."""
READ = {"html": "read whole, from arXiv's HTML", "ar5iv": "read whole, from ar5iv", "pdf": "read whole, from its PDF"}
ON_THE_HUB = {True: " (on the Hub)", False: " (not found on the Hub)", None: ""}


def why_cited(paper: Json) -> str:
    """Why it is in the list, and whether anybody read it."""
    return "; ".join(filter(None, [clip(paper.get("why") or ""), READ.get(str(paper.get("read") or ""), "")]))


def reported(reading: Json) -> list[Block]:
    """Recipes and claims that readers found, and how many were thrown away."""
    recipes = [r for r in reading.get("recipes") or [] if r.get("kept_by") == "reader"]
    claims = reading.get("claims") or []
    blocks: list[Block] = []
    if recipes:
        rows = [_recipe(r) for r in recipes[:SHOWN]]
        blocks += [
            Heading("Recipes read in papers", 3),
            Table(("paper", "what was done", "result", "data set", "stands in", "in its words"), rows),
        ]
    if claims:
        told = [_claim(c) for c in claims[:SHOWN]]
        blocks += [
            Heading("Claims read in papers", 3),
            Table(("paper", "what is claimed", "data set", "stands in", "in its words"), told),
        ]
    left = max(0, len(recipes) - SHOWN) + max(0, len(claims) - SHOWN)
    if left:
        blocks.append(Para(f"{left} more are in {reading.get('file') or 'the run'}.", note=True))
    rejected = int(reading.get("rejected") or 0)
    if rejected:
        what = plural(rejected, "recipe or claim", "recipes or claims")
        were = "was" if rejected == 1 else "were"
        said = f"{what} that readers gave did not stand in their paper and {were} thrown away."
        blocks.append(Para(said))
    return blocks


def _recipe(recipe: Json) -> list[Text]:
    settings = ", ".join(f"{name} {setting(value)}" for name, value in (recipe.get("settings") or {}).items())
    done = "; ".join(filter(None, [clip(recipe.get("method") or "", 160), clip(settings, 160)]))
    there = ON_THE_HUB[recipe.get("dataset_exists")]
    return [
        Code(str(recipe.get("paper"))), done, clip(recipe.get("result") or "", 160),
        f"{clip(recipe.get('dataset') or '', 60)}{there}", _place(recipe), clip((recipe.get("place") or {}).get("quote") or "", 300),
    ]  # fmt: skip


def _claim(claim: Json) -> list[Text]:
    unit = str(claim.get("unit") or "")
    value = f"{_printed(claim.get('value'))}{unit if unit == '%' else f' {unit}' if unit else ''}"
    said = f"{clip(claim.get('method') or '', 80)}: {clip(claim.get('metric') or '', 60)} {value}"
    if claim.get("comparator"):
        other = claim.get("comparator_value")
        said += f", against {clip(claim['comparator'], 80)}" + (f" with {_printed(other)}" if other is not None else "")
    quote = clip((claim.get("place") or {}).get("quote") or "", 300)
    return [Code(str(claim.get("paper"))), said, clip(claim.get("dataset") or "", 60), _place(claim), quote]


def _printed(value: object) -> str:
    """As the paper prints it: nothing is rounded."""
    return f"{value:.12g}" if isinstance(value, int | float) else NOTHING


def _place(one: Json) -> str:
    """Section and page, and which other papers show the same."""
    place = one.get("place") or {}
    page = f", page {place['page']}" if place.get("page") else ""
    others = sorted({str(p.get("source")) for p in one.get("also") or []} - {str(one.get("paper"))})
    return f"{clip(place.get('section') or '', 80)}{page}" + (f"; also in {', '.join(others)}" if others else "")
