"""A judgement has its time: a provider that fails slowly is not asked for ever, and who watches hears of each trouble."""

from __future__ import annotations

import time

from lab.model.decide import Patience, decide
from lab.model.mind import Mind
from tests.lab.model.test_decide import EVIDENCE, GOOD, Turned, no_growth, playbook
from tests.scripted.server import Scripted, hangs, status


def test_when_its_time_is_over_the_playbook_decides(provider: Scripted, mind: Mind) -> None:
    provider.then(GOOD.replace("0.1", "7"))  # warm: the first call imports
    decide("planning", Turned, EVIDENCE, playbook, mind, "Warm up.", no_growth, patience=Patience(repairs=0))
    provider.then(hangs(0.6, "not JSON"), hangs(0.6, "not JSON"), GOOD)
    began = time.monotonic()
    decided = decide(
        "planning", Turned, EVIDENCE, playbook, mind, "You plan.", no_growth, patience=Patience(seconds=0.3)
    )
    assert decided.by == "playbook"
    assert "0 s are over" in decided.tries[-1]
    assert len(provider.requests) == 2, "asked once, and not again"
    assert time.monotonic() - began < 30


def test_each_trouble_that_is_waited_out_is_told(provider: Scripted, mind: Mind) -> None:
    provider.then(status(500), status(503), GOOD)
    told: list[str] = []
    patience = Patience(waits=(0.0, 0.0))
    decided = decide("planning", Turned, EVIDENCE, playbook, mind, "You plan.", patience=patience, told=told.append)
    assert decided.by == "model"
    assert [line.endswith("; asked again") for line in told] == [True, True]
