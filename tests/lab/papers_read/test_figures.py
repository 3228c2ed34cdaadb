"""Plotted values come back within the stated tolerance from matplotlib's own PDFs; what can't be measured is said, not guessed."""

from __future__ import annotations

import math
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pymupdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.papers.figures import TOLERANCE, Panel, figure_values
from tests.lab.papers_read.made import figure, paper_pdf


def one(draw: Any, **more: Any) -> Panel:
    [panel] = figure_values(figure(draw, **more))
    return panel


def near(found: Panel, at: int, values: list[float], share: float = TOLERANCE) -> bool:
    ys = [y for _, y in found.series[at].points]
    span = max(values) - min(values) or abs(values[0]) or 1.0
    return len(ys) == len(values) and all(abs(a - b) <= share * span for a, b in zip(ys, values, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [3, 42], ids=["type 3", "type 42"])
def test_grouped_bars_with_names_and_a_legend(kind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(matplotlib.rcParams, "pdf.fonttype", kind)

    def draw(ax: Any) -> None:
        x = np.arange(3)
        ax.bar(x - 0.2, [81.2, 74.9, 82.0], 0.4, label="ours")
        ax.bar(x + 0.2, [70.1, 66.6, -5.0], 0.4, label="base line")
        ax.set_xticks(x, ["GSM8K", "MATH", "AIME 24"])
        ax.legend()

    found = one(draw)
    assert [s.name for s in found.series] == ["ours", "base line"]
    assert [x for x, _ in found.series[0].points] == ["GSM8K", "MATH", "AIME 24"]
    assert near(found, 0, [81.2, 74.9, 82.0]) and near(found, 1, [70.1, 66.6, -5.0])


def test_bars_on_a_cut_axis_keep_their_values() -> None:
    def draw(ax: Any) -> None:
        ax.bar(["A", "B", "C"], [81.2, 74.9, 82.0])
        ax.set_ylim(70, 85)

    assert near(one(draw), 0, [81.2, 74.9, 82.0])


def test_lying_bars() -> None:
    found = one(lambda ax: ax.barh(["x one", "y", "z"], [3, 5.5, 7]))
    assert dict(found.series[0].points) == pytest.approx({"x one": 3, "y": 5.5, "z": 7}, abs=0.04)


def test_bars_that_stand_on_one_another_are_told_by_their_lengths() -> None:
    def draw(ax: Any) -> None:
        ax.bar(["a", "b"], [1, 2], label="p")
        ax.bar(["a", "b"], [3, 1], bottom=[1, 2], label="q")
        ax.legend()

    found = one(draw)
    assert [s.name for s in found.series] == ["p (length of each part)", "q (length of each part)"]
    assert near(found, 0, [1, 2], 0.02) and near(found, 1, [3, 1], 0.02)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.floats(-50, 50).map(lambda v: round(v, 2)), min_size=3, max_size=9).filter(
        lambda v: max(v) - min(v) > 1
    )
)
def test_any_curve_comes_back_within_the_tolerance(values: list[float]) -> None:
    with matplotlib.rc_context({"path.simplify": False}):
        found = one(lambda ax: ax.plot(range(len(values)), values, color="tab:green"))
    assert near(found, 0, values)
    assert [x for x, _ in found.series[0].points] == pytest.approx(range(len(values)), abs=0.02 * len(values))


def test_two_series_with_a_grid_and_a_logarithmic_axis() -> None:
    a, b = [1e-3, 1e-2, 0.5, 20.0], [2e-3, 3e-2, 0.1, 2.0]

    def draw(ax: Any) -> None:
        ax.plot([1, 2, 3, 4], a, marker="o", label="loss")
        ax.plot([1, 2, 3, 4], b, "--", label="KL")
        ax.set_yscale("log")
        ax.grid(True)
        ax.legend()

    found = one(draw)
    assert [s.name for s in found.series] == ["loss", "KL"]
    for series, values in zip(found.series, (a, b), strict=True):
        assert all(
            math.log10(y / v) == pytest.approx(0, abs=0.02) for (_, y), v in zip(series.points, values, strict=True)
        )


def test_two_black_lines_are_told_apart_by_their_dashes() -> None:
    def draw(ax: Any) -> None:
        ax.plot([0, 1, 2], [1, 2, 3], "k-", label="solid")
        ax.plot([0, 1, 2], [3, 2, 1], "k--", label="dashed")
        ax.legend()

    assert {s.name: s.points[0][1] for s in one(draw).series} == pytest.approx({"solid": 1, "dashed": 3}, abs=0.01)


def test_negative_axes_scattered_points_error_bars_and_large_numbers() -> None:
    assert near(one(lambda ax: ax.plot([-3, -2, -1], [-4, -3, -1])), 0, [-4, -3, -1])
    found = one(lambda ax: (ax.scatter([1, 2, 3, 4], [5, 6, 5.5, 9], label="runs"), ax.legend()))
    assert (found.series[0].kind, found.series[0].name) == ("points", "runs") and near(found, 0, [5, 6, 5.5, 9])
    found = one(lambda ax: ax.errorbar([1, 2, 3], [5, 6, 7], yerr=[0.5, 0.4, 0.3], capsize=3))
    assert len(found.series) == 1 and near(found, 0, [5, 6, 7])
    found = one(lambda ax: ax.plot([0, 1000, 2000], [1e6, 3.5e6, 2e6]))
    assert near(found, 0, [1e6, 3.5e6, 2e6])


def test_panels_side_by_side_and_axes_within_axes() -> None:
    def two(axes: Any) -> None:
        axes[0].plot([0, 1], [0, 1])
        axes[1].bar(["a", "b"], [5, 7])

    left, right = sorted(figure_values(figure(two, (8, 3), 2)), key=lambda p: p.series[0].kind)
    assert near(left, 0, [5, 7]) and near(right, 0, [0, 1])

    def inset(ax: Any) -> None:
        ax.plot([0, 100, 200, 300], [0.1, 0.5, 0.9, 0.7])
        ax.inset_axes([0.55, 0.15, 0.4, 0.35]).plot([0, 1, 2], [10, 30, 20], color="red")

    outer, inner = figure_values(figure(inset))
    assert len(outer.series) == len(inner.series) == 1
    assert near(outer, 0, [0.1, 0.5, 0.9, 0.7]) and near(inner, 0, [10, 30, 20])


def no_numbers(ax: Any) -> None:
    ax.plot([1, 2, 3], [1, 2, 3.5])
    ax.set_xticks([])
    ax.set_yticks([])


def one_number(ax: Any) -> None:
    no_numbers(ax)
    ax.set_yticks([2])


def twin(ax: Any) -> None:
    ax.plot([0, 1], [0, 1])
    ax.twinx().plot([0, 1], [100, 50])


def offset(ax: Any) -> None:
    ax.plot([1, 2, 3], [1000000.1, 1000000.2, 1000000.4])


def strange(ax: Any) -> None:
    ax.plot([1, 2, 3], [1, 2, 3])
    ax.set_yticks([1, 2, 3], ["5", "1", "7"])


def hatched(ax: Any) -> None:
    ax.bar(["A", "B", "C"], [81.2, 74.9, 82.0], hatch="//", label="ours")
    ax.legend()


def floating(ax: Any) -> None:
    ax.bar(["A", "B"], [2, 3], bottom=[4, 6])


@pytest.mark.parametrize(
    ("draw", "why"),
    [
        (no_numbers, "the y axis has no number; two are needed"), (one_number, "the y axis has one number; two are needed"),
        (hatched, "filled with a pattern"), (floating, "stand neither on the axis nor on zero"),
        (twin, "two y axes"), (offset, "counts from +1e6"), (strange, "no straight and no logarithmic scale"),
        (lambda ax: ax.imshow(np.eye(20)), "picture of pixels"),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_said_and_nothing_is_guessed(draw: Any, why: str) -> None:
    found = one(draw)
    assert found.series == () and why in found.why_not


@pytest.mark.slow
@pytest.mark.parametrize(
    "style", ["ggplot", "seaborn-v0_8-darkgrid", "seaborn-v0_8-whitegrid", "bmh", "fivethirtyeight", "dark_background"]
)
def test_other_styles_are_measured_too_and_without_tick_marks_it_is_said(style: str) -> None:
    def both(axes: Any) -> None:
        axes[0].bar(["A", "B", "C"], [81.2, 74.9, 82.0])
        axes[1].plot([0, 100, 200, 300], [0.1, 0.5, 0.9, 0.7], label="reward")
        axes[1].legend()

    with plt.style.context(style):
        bars, line = sorted(figure_values(figure(both, (8, 3), 2)), key=lambda p: p.series[0].kind)
    marked = not any("not on tick marks" in note for note in bars.notes)
    assert near(bars, 0, [0, 81.2, 74.9, 82.0][1:], TOLERANCE if marked else 0.2), (
        "the middles of numbers shift all alike"
    )
    assert near(line, 0, [0.1, 0.5, 0.9, 0.7], TOLERANCE if marked else 0.02) and line.series[0].name == "reward"


def test_x_without_numbers_is_told_in_shares_of_the_axis() -> None:
    found = one(lambda ax: ax.plot(["s", "m", "l"], [1.5, 2.5, 9]))
    assert "shares of the axis's length" in found.notes[0] and near(found, 0, [1.5, 2.5, 9])


def test_a_figure_within_a_paper_is_measured_under_its_caption() -> None:
    [found] = figure_values(paper_pdf())
    assert (found.page, found.caption) == (2, "Figure 1: Reward of three methods.")
    assert [x for x, _ in found.series[0].points] == ["A", "B", "C"] and near(found, 0, [81.2, 74.9, 82.0], 0.02)
    assert figure_values(paper_pdf(), page=1) == []


def test_a_page_of_text_with_rules_has_no_figure() -> None:
    made = pymupdf.open()
    page = made.new_page()
    page.draw_rect(pymupdf.Rect(72, 72, 400, 300))
    page.insert_text((80, 100), "A framed remark with 3 numbers, 4 of them.")
    assert figure_values(made.tobytes()) == []
