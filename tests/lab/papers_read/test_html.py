"""LaTeXML's HTML: what a reader of the page sees is what the paper holds, part by part."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.papers.html import read_html
from lab.papers.paper import NoPaper, NoSuchPart, Paper, contents, find, page_of, section_of
from lab.papers.read_latex import readable

PAGE = (Path(__file__).parent / "paper.html").read_bytes()


@pytest.fixture(scope="module")
def paper() -> Paper:
    return read_html("arxiv:2401.00001", PAGE)


def test_sections_keep_their_numbers_levels_and_words(paper: Paper) -> None:
    assert paper.title == "Group Baselines for Small Models"
    assert paper.abstract.endswith("it rises from 41.5% to 48.2%.")
    assert [(s.number, s.name, s.level) for s in paper.sections] == [
        ("1", "Introduction", 1), ("2", "Method", 1), ("2.1", "Objective", 2), ("3", "Experiments", 1), ("Appendix A", "Details", 1),
    ]  # fmt: skip
    assert (
        paper.sections[0].text
        == "Critics cost memory [About half of it.]. Prior work [1] keeps one.\n\nWe drop the critic."
    )
    assert "Remark 1" in paper.sections[-1].text


def test_mathematics_is_the_authors_latex_and_plain_numbers_are_plain(paper: Paper) -> None:
    [equation] = paper.equations
    assert (equation.number, equation.section) == ("(1)", "2.1 Objective")
    assert equation.text == r"A_{i}=\frac{r_{i}-mean(r)}{std(r)}"
    assert r"a learning rate of 1×10^{-6}, a KL coefficient of \beta=0.04" in paper.sections[2].text
    assert "on 7,473 questions" in paper.sections[2].text


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"88.2\%", "88.2%"), (r"\mathbf{88.2}_{\pm 0.3}", "88.2_{±0.3}"), (r"7{,}473", "7,473"), (r"\text{GSM8K}", "GSM8K"),
        (r"\textbf{\text{51.7}}", "51.7"), (r"3\times 10^{-4}", "3×10^{-4}"), (r"\frac{a}{b}", r"\frac{a}{b}"),
        (r"\lefteqn{a}", r"\lefteqn{a}"), (r"\phantom{-}4.25", "4.25"), (r"{\color[rgb]{1,0,0}\mathbf{+1.2}}", "+1.2"),
        (r"\textcolor[rgb]{0,0,1}{48.2}", "48.2"), (r"10^{-6}", "10^{-6}"), ("88.2\\%\n", "88.2%"),
        (r"\operatorname*{max}", r"\operatorname*{max}"),
        (r"48.2_{\scriptscriptstyle\pm 0.3}", "48.2_{±0.3}"),
        (r"{\color[rgb]{0,.5,.5}\definecolor[named]{pgfstrokecolor}{rgb}{0,.5,.5}51.7}", "51.7"),
    ],
)  # fmt: skip
def test_commands_that_only_set_type_are_gone_and_no_other(latex: str, shown: str) -> None:
    assert readable(latex) == shown


def test_tables_are_tables_with_headers_over_several_columns(paper: Paper) -> None:
    first, second = paper.tables
    assert first.caption == "Table 1: Accuracy (%) on two sets."
    assert first.header == ("Method", "GSM8K / greedy", "GSM8K / maj@8", "MATH / greedy")
    assert first.rows == (("Supervised", "41.5", "44.0", "9.1"), ("Group baseline", "48.2", "50.3", "10.4"))
    assert (second.header, second.rows) == (("train", "256"), (("test", "512"),))
    assert [c.label for c in paper.captions] == ["Table 1", "Figure 1"]


def test_references_and_broken_commands_are_told(paper: Paper) -> None:
    assert [(r.label, r.text) for r in paper.references] == [("[1]", "B. Other. Critics that reach 77.7%.")]
    assert paper.notes == ("1 commands of the source could not be converted; text near them may be missing",)
    other = read_html("arxiv:2402.99999", PAGE)
    assert "stamped arXiv:2401.00001, and 2402.99999 was asked for" in other.notes[1]


@pytest.mark.parametrize("limit", [1, 7, 60, 100_000])
def test_every_character_of_every_section_is_on_some_page(paper: Paper, limit: int) -> None:
    for at, section in enumerate(paper.sections, 1):
        got, offset = "", 0
        while True:
            page = page_of(paper, f"[{at}]", offset, limit)
            body = page.split("\n", 1)[1]
            text, more, rest = body.partition("\n[read on with offset ")
            got += text
            if not more:
                break
            offset = int(rest.rstrip("]"))
            assert offset == len(got), "no gap, no overlap, and always further on"
        assert got == section.text


def test_a_section_is_found_by_place_number_heading_or_words(paper: Paper) -> None:
    names = {
        asked: section_of(paper, asked).name
        for asked in ("[3]", "2.1", "3", 3, "2.1 Objective", "objective", "Detail", "0")
    }
    assert names == {"[3]": "Objective", "2.1": "Objective", "3": "Experiments", 3: "Experiments", "2.1 Objective": "Objective",
                     "objective": "Objective", "Detail": "Details", "0": "Abstract"}  # fmt: skip
    with pytest.raises(NoSuchPart, match=r"has no section 'Nonsense'; its contents name \[0\] to \[5\]"):
        section_of(paper, "Nonsense")
    with pytest.raises(NoSuchPart, match="offset 9999 is outside"):
        page_of(paper, "1", 9999)


def test_contents_and_finding_say_where(paper: Paper) -> None:
    told = contents(paper)
    assert "[4] 3 Experiments:" in told and "Table 1 (2 rows)" in told and "Figures: Figure 1" in told
    assert find(paper, "KL coefficient").startswith("[2.1 Objective, offset ")
    assert find(paper, "zebra") == "none of these words stand in arxiv:2401.00001"
    with pytest.raises(NoSuchPart):
        find(paper, "the")


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (b"", "the page is empty"),
        (b"<!-- -->", "the page is empty"),
        (b"<html><body><h1>No HTML for '2401.00001'</h1></body></html>", "holds no converted paper"),
        (b'<html><article class="ltx_document"><p class="ltx_p">Short.</p></article></html>', "a notice or an abstract, not a paper"),
        (b'<article class="ltx_document"><p class="ltx_p">This paper has been withdrawn by the author.</p></article>', "withdrawn"),
    ],
)  # fmt: skip
def test_what_is_no_paper_is_refused_with_the_reason(page: bytes, why: str) -> None:
    with pytest.raises(NoPaper, match=why):
        read_html("arxiv:2401.00001", page)
