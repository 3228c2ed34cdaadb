"""Only a gain beyond noise is kept; a tie keeps the simpler."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lab.stats.intervals import Interval
from lab.stats.keep import keep

SPANS = st.tuples(*[st.floats(-1, 1)] * 3).map(sorted).map(lambda v: Interval(v[1], v[0], v[2], "made up"))


@settings(deadline=None)
@given(SPANS, st.booleans())
def test_kept_means_gained_or_tied_and_simpler(span: Interval, simpler: bool) -> None:
    found = keep(span, simpler=simpler)
    assert found.keep == (span.low > 0 or (span.high >= 0 and simpler))
    assert found.gain == span.value
    assert found.interval[0] <= found.gain <= found.interval[1]


@given(SPANS)
def test_less_is_more_where_the_metric_is_minimised(span: Interval) -> None:
    turned = Interval(-span.value, -span.high, -span.low, span.method)
    assert keep(span, "minimize").keep == keep(turned, "maximize").keep
    assert keep(span, "minimize").gain == keep(turned, "maximize").gain


def test_the_reason_names_gain_and_interval() -> None:
    assert "+0.1" in keep(Interval(0.1, 0.05, 0.15, "m")).why
    assert "within noise" in keep(Interval(0.1, -0.05, 0.25, "m")).why
    assert not keep(Interval(0.1, -0.05, 0.25, "m")).keep
    assert keep(Interval(-0.01, -0.05, 0.02, "m"), simpler=True).keep
