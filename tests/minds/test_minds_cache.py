"""The same research twice: what a model has answered once is answered again for nothing, and the end is the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from graph import open_graph
from lab.ledger.ledger import Ledger
from tests.minds.helm import at_the_helm, records
from tests.minds.plain import QUICK, end_of, task
from tests.minds.researcher import Researcher

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # two whole runs, on a machine that others use too


def test_a_run_repeated_under_another_name_pays_nothing_and_ends_the_same(home: Path) -> None:
    ends, paid = {}, {}
    researcher = Researcher(QUICK)
    with at_the_helm(researcher) as (model, settings), open_graph(home) as graph:
        for name in ("once", "again"):
            before = len(model.requests)
            graph.invoke(task(name), graph.config_for(name), context=replace(settings, cache_answers=True))
            state = dict(graph.get_state(graph.config_for(name)).values)
            ends[name], paid[name] = end_of(state, home, name), len(model.requests) - before
    assert paid == {"once": len({*researcher.asked}), "again": 0}
    assert ends["once"] == ends["again"]
    spent = Ledger(home / "runs" / "again" / "ledger.jsonl").spent()
    assert (spent.calls, spent.usd) == (0, 0.0)
    usages = [record["usage"] for record in records(home, "decision", run="again") if record.get("usage")]
    assert sum(usage["asked"] for usage in usages) == 0 and sum(usage["replayed"] for usage in usages) == paid["once"]
