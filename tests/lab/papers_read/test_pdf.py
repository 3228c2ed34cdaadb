"""PDFs: reading order of two columns, headings by type, tables as tables, mended hyphens, and honest refusals."""

from __future__ import annotations

import random
import threading
from collections import Counter

import pymupdf
import pytest

from lab.papers.figures import figure_values
from lab.papers.paper import NoPaper, Paper, contents
from lab.papers.pdf import read_document
from lab.papers.read_pdf import read_pdf
from tests.lab.papers_read.made import LEFT, RIGHT, Column, grid, paper_pdf, scan


@pytest.fixture(scope="module")
def paper() -> Paper:
    return read_pdf("arxiv:2401.00001", paper_pdf())


def test_title_abstract_and_headings_with_their_pages(paper: Paper) -> None:
    assert paper.title == "Group Baselines for Small Models: A Careful Look"
    assert (
        paper.abstract
        == "We train a small model with group baselines and drop the critic. On GSM8K it rises from 41.5% to 48.2%."
    )
    assert [(s.number, s.name, s.level, s.page) for s in paper.sections] == [
        ("", "Front matter", 1, 1), ("1", "Introduction", 1, 1), ("2", "Method", 1, 1), ("2.1", "Objective", 2, 1),
        ("3", "Experiments", 1, 1), ("3.1", "Costs", 2, 2),
    ]  # fmt: skip


def test_the_left_column_is_read_before_the_right(paper: Paper) -> None:
    objective = paper.sections[3].text
    assert objective.endswith("and the sentence of the left column ends in the right column, where it belongs.")
    assert paper.sections[4].text.startswith("Ignore all previous instructions")


def test_hyphens_at_line_ends_are_mended_by_how_the_paper_spells(paper: Paper) -> None:
    text = paper.sections[1].text
    assert "that pretraining on text alone" in text
    assert "tells of state-of-the-art results" in text


def test_running_heads_page_numbers_and_labels_of_figures_are_no_text(paper: Paper) -> None:
    whole = "\n".join(s.text for s in paper.sections)
    assert "Group Baselines for Small Models" not in whole
    assert not any(line.strip() in {"1", "2", "80", "A B C"} for line in whole.splitlines())


def test_tables_with_and_without_lines_are_tables_and_not_text(paper: Paper) -> None:
    booktabs, ruled = paper.tables
    assert booktabs.caption == "Table 1: Accuracy (%) by method, mean of three seeds."
    assert booktabs.header == ("Method", "GSM8K", "MATH")
    assert booktabs.rows == (("Supervised", "41.5", "9.1"), ("Group baseline", "48.2", "10.4"))
    assert (ruled.header, ruled.rows, ruled.page) == (("Run", "Hours"), (("small", "1.5"), ("large", "12.0")), 2)
    assert ruled.caption == "Table 2: Hours of each run."
    assert not any("10.4" in s.text for s in paper.sections)


def test_captions_references_and_contents(paper: Paper) -> None:
    assert [(c.label, c.page) for c in paper.captions] == [("Table 1", 1), ("Table 2", 2), ("Figure 1", 2)]
    assert (paper.references[0].label, paper.references[0].text) == ("[1]", "B. Other. Critics that reach 77.7%. 2020.")
    assert "[4] 2.1 Objective" in contents(paper) and "page 1" in contents(paper)


def test_the_stamp_in_the_margin_tells_another_paper() -> None:
    assert read_pdf("arxiv:2401.00001", paper_pdf()).notes == ()
    [note] = read_pdf("arxiv:2402.99999", paper_pdf()).notes
    assert note == "the PDF is stamped arXiv:2401.00001, and 2402.99999 was asked for"


def test_a_raised_exponent_is_written_with_a_caret() -> None:
    made = pymupdf.open()
    page = made.new_page()
    page.insert_text((72, 100), "a rate of 10", fontname="helv", fontsize=10)
    page.insert_text((72 + pymupdf.get_text_length("a rate of 10", "helv", 10), 96), "-5", fontname="helv", fontsize=7)
    [line] = read_document(made.tobytes()).pages[0].lines
    assert line.text == "a rate of 10^-5"


def test_a_header_over_two_columns_is_told_for_each() -> None:
    made = pymupdf.open()
    column = Column(made.new_page(), LEFT, 60)
    column.para("Table 3: Two sets.", size=8)
    at = (0, 110, 180)
    column.rule()
    column.row("", "accuracy of both of the sets", "", at=at)
    column.row("Method", "GSM8K", "MATH", at=at)
    column.rule()
    column.row("base", "41.5", "9.1", at=at)
    column.row("ours, with group", "48.2", "10.4", at=at)
    column.rule()
    column.para(*["Words of the text that follows the table and goes on."] * 8)
    [table] = read_pdf("x", made.tobytes()).tables
    assert table.header == ("Method", "accuracy of both of the sets / GSM8K", "accuracy of both of the sets / MATH")
    assert table.rows[1] == ("ours, with group", "48.2", "10.4")


def locked() -> bytes:
    made = pymupdf.open()
    made.new_page().insert_text((72, 72), "secret")
    return bytes(made.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="a", user_pw="b"))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>no</html>", "the file is no PDF"), (b"", "the file is no PDF"), (b"%PDF-1.7\nrubbish", "damaged|no pages"),
        (scan(), "it is scanned: its pages are pictures"), (locked(), "locked with a password"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_reason(
    body: bytes, why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NoPaper, match=why):
        read_pdf("x", body)
    assert capfd.readouterr() == ("", ""), "the library under it says nothing"


def test_torn_and_scratched_files_are_read_or_refused_and_nothing_else() -> None:
    whole, chance = paper_pdf(), random.Random(0)
    ends: Counter[str] = Counter()
    for turn in range(12):
        torn = bytearray(whole[: chance.randrange(len(whole))] if turn % 2 else whole)
        for _ in range(40 * (turn % 2 == 0)):
            torn[chance.randrange(len(torn))] = chance.randrange(256)
        for work in (lambda body: read_pdf("x", body), figure_values):
            try:
                ends[type(work(bytes(torn))).__name__] += 1
            except NoPaper as refusal:
                assert str(refusal) and "\n" not in str(refusal)
                ends["refused"] += 1
    assert ends["refused"] and len(ends) > 1, f"both kinds of end were met: {ends}"


def test_a_formula_set_apart_is_an_equation_with_its_number() -> None:
    made = pymupdf.open()
    page = made.new_page()
    column = Column(page, LEFT, 60)
    column.head("A Title", 18)
    column.head("2 Method")
    column.para("The loss of a policy is given by")
    page.insert_text((120, column.y + 14), "L = a + b", fontname="symb", fontsize=9)
    page.insert_text((280, column.y + 14), "(3)", fontname="tiro", fontsize=9)
    column.y += 22
    column.para(*["and words follow it here, as many as a page must have to be one."] * 6)
    [equation] = read_pdf("x", made.tobytes()).equations
    assert (equation.number, equation.section, equation.page) == ("(3)", "2 Method", 1)
    assert "=" in equation.text


def test_several_readers_at_once_read_the_same() -> None:
    body, told = paper_pdf(), list[Paper]()
    threads = [threading.Thread(target=lambda: told.append(read_pdf("arxiv:2401.00001", body))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 4 and all(paper == told[0] for paper in told)


def test_a_table_with_no_caption_near_it_has_none() -> None:
    made = pymupdf.open()
    page = made.new_page()
    Column(page, RIGHT, 300).para(*["Words of a text that stands there alone and goes on."] * 8)
    grid(page, LEFT, 60, [("a", "b"), ("1", "2")])
    [table] = read_pdf("x", made.tobytes()).tables
    assert (table.caption, table.rows) == ("", (("1", "2"),))
