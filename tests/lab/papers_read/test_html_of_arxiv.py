"""A page as arXiv serves it: its own notices round the article, cells over several rows, figures and tables in panels."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.papers.html import read_html
from lab.papers.paper import NoPaper, Paper, contents, table_name

PAGE = (Path(__file__).parent / "arxiv_page.html").read_bytes()


@pytest.fixture(scope="module")
def paper() -> Paper:
    return read_html("arxiv:2401.00002", PAGE)


def test_the_warning_about_packages_that_calls_itself_a_document_is_not_the_paper(paper: Paper) -> None:
    assert paper.title == "Small Critics, Long Runs"
    assert paper.abstract == "We keep the critic and make it small."
    assert [s.heading for s in paper.sections] == ["1 Experiments"]
    assert "sometimes display errors" not in paper.sections[0].text


def test_words_that_stand_in_no_paragraph_are_read(paper: Paper) -> None:
    assert paper.sections[-1].text.endswith("We thank nobody for 64 hours on eight cards.")


def test_thanks_are_no_part_of_the_title_and_a_mark_none_of_the_sentence(paper: Paper) -> None:
    assert paper.title == "Small Critics, Long Runs"
    assert paper.sections[0].text.startswith("Every run is repeated with five seeds.")


def test_a_cell_over_several_rows_stands_in_each_and_moves_no_other_cell(paper: Paper) -> None:
    table = paper.tables[0]
    assert table.header == ("Model", "Critic", "Sums / short", "Sums / long")
    assert table.rows == (
        ("135M", "none", "41.5", "9.1"), ("135M", "one layer", "48.2", "10.4"), ("360M", "one layer, frozen", "52.7", "10.4"),
    )  # fmt: skip


def test_a_figure_of_panels_keeps_its_own_caption_beside_theirs(paper: Paper) -> None:
    figures = [(c.label, c.text) for c in paper.captions if c.label.startswith("Fig")]
    assert figures == [
        ("Figure 1 (a)", "(a) Reward."), ("Figure 1 (b)", "(b) Entropy."), ("Figure 1", "Figure 1: What a run looks like."),
    ]  # fmt: skip


def test_tables_side_by_side_stand_each_under_its_own_caption(paper: Paper) -> None:
    assert [t.caption for t in paper.tables[1:]] == [
        "Table 2: Hours.", "Table 3: Cards.", "TABLE IV: Seeds one by one. (a) Without a critic.",
    ]  # fmt: skip
    assert [table_name(t, n) for n, t in enumerate(paper.tables, 1)] == ["Table 1", "Table 2", "Table 3", "TABLE IV"]
    assert "Tables: Table 1 (3 rows), Table 2 (1 rows), Table 3 (1 rows), TABLE IV (1 rows)." in contents(paper)


@pytest.mark.parametrize(
    ("asked", "stamp"), [("math.GT/0309136v2", "math/0309136v2"), ("solv-int/9901001", "solv-int/9901001v1")]
)
def test_the_stamp_of_an_old_paper_is_its_own_however_its_id_is_written(asked: str, stamp: str) -> None:
    page = PAGE.replace(b"arXiv:2401.00002v1 [cs.LG]", f"arXiv:{stamp} [math.GT]".encode())
    assert read_html(f"arxiv:{asked}", page).notes == ()


def test_a_table_made_of_spans_keeps_its_columns() -> None:
    """How LaTeXML sets a table that stands within a line, as under \\resizebox: spans with classes for what they cover."""
    rows = """<p class="ltx_p"><span class="ltx_text"><span class="ltx_inline-block ltx_transformed_outer"><span class="ltx_tabular">
<span class="ltx_tr"><span class="ltx_td ltx_border_tt ltx_rowspan ltx_rowspan_2"><span class="ltx_text">Length</span></span>
<span class="ltx_td ltx_border_tt ltx_colspan ltx_colspan_2">Sums</span></span>
<span class="ltx_tr"><span class="ltx_td">short</span><span class="ltx_td">long</span></span>
<span class="ltx_tr"><span class="ltx_td ltx_border_t">256</span><span class="ltx_td">48.2</span><span class="ltx_td">10.4</span></span>
<span class="ltx_tr"><span class="ltx_td">512</span><span class="ltx_td">49.0</span><span class="ltx_td">11.2</span></span>
</span></span></span></p>"""
    page = PAGE.replace(b"</section>\n<div", f"{rows}</section>\n<div".encode())
    table = read_html("arxiv:2401.00002", page).tables[-1]
    assert table.header == ("Length", "Sums / short", "Sums / long")
    assert table.rows == (("256", "48.2", "10.4"), ("512", "49.0", "11.2"))


def test_half_a_paper_is_none() -> None:
    """As ar5iv and arXiv end a page whose conversion failed on the way."""
    words = "Conversion to HTML had a Fatal error and exited abruptly. This document may be truncated or damaged."
    end = f'<div class="ltx_document"><div class="ltx_para"><div class="ltx_p"><span class="ltx_ERROR">{words}</span></div></div></div>'
    with pytest.raises(NoPaper, match="breaks off"):
        read_html("arxiv:2401.00002", PAGE.replace(b"</article>", f"</article>{end}</article>".encode()))
