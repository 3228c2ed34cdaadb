"""From the playbook to what this training should try next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.checks.causes import BY_NAME
from lab.checks.evidence import Evidence
from lab.checks.playbook import PLAYBOOK, Arm, Symptom
from state.products import Json


def symptoms(ev: Evidence) -> list[Symptom]:
    """Rows of the playbook that fit what was seen, the gravest signals' first."""
    grave = [s for s in PLAYBOOK if s.kinds & ev.graver and s.fits(ev)]
    return grave + [s for s in PLAYBOOK if s not in grave and s.kinds & ev.kinds and s.fits(ev)]


def to_try(cause: str, ev: Evidence) -> list[Json]:
    """What to do about a cause, in order: the change known to cure it, then the arms of the symptoms that were seen,
    then those of any other symptom."""
    if cause not in BY_NAME:
        return [_told(arm, ev.config, ev.facts) for symptom in symptoms(ev)[:1] for arm in symptom.arms]
    seen = symptoms(ev)
    rest = [s for s in PLAYBOOK if s not in seen]
    arms = [arm for symptom in (*seen, *rest) for arm in symptom.arms if arm.cause == cause]
    found = [_told(arm, ev.config, ev.facts) for arm in dict.fromkeys(arms)]
    entry = BY_NAME[cause]
    cure = entry.remedy(ev.config, ev.facts)
    if cure and cure not in [one["change"] for one in found]:
        found.insert(0, {"do": "change the setting", "change": cure, "confirms": entry.prediction})
    return found or [{"do": entry.prediction, "change": {}, "confirms": entry.prediction}]


def _told(arm: Arm, config: Json, facts: Mapping[str, Any]) -> Json:
    return {"do": arm.do, "change": arm.change(config, facts), "confirms": arm.confirms}


def changes_for(cause: str, config: Json, facts: Mapping[str, Any]) -> list[tuple[Json, str]]:
    """Single changes of settings against a cause that this training has the knobs for, and what each would confirm."""
    arms = dict.fromkeys(arm for symptom in PLAYBOOK for arm in symptom.arms if arm.cause == cause)
    return [(change, arm.confirms) for arm in arms if len(change := arm.change(config, facts)) == 1]
