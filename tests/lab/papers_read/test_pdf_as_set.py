"""What typesetting does to a page: numbers beside its lines, hyphens of its own, captions, headings over several columns."""

from __future__ import annotations

import pymupdf
import pytest

from lab.papers.paper import Paper
from lab.papers.read_pdf import read_pdf

WIDE = "and what follows fills the line until its end, so that the page has as many words as a page has"


class Sheet:
    """One column of serif lines at exact places."""

    def __init__(self) -> None:
        self.made = pymupdf.open()
        self.page = self.made.new_page(width=612, height=792)
        self.page.insert_text((108, 90), "Small Critics, Long Runs", fontname="hebo", fontsize=17)
        self.y = 120.0

    def line(self, text: str, x: float = 108, gap: float = 12, font: str = "tiro", size: float = 10) -> None:
        self.y += gap
        self.page.insert_text((x, self.y), text, fontname=font, fontsize=size)

    def head(self, text: str) -> None:
        self.line(text, gap=22, font="hebo", size=12)
        self.y += 4

    def fill(self, lines: int) -> None:
        for _ in range(lines):
            self.line(WIDE)

    def read(self) -> Paper:
        return read_pdf("arxiv:2401.00003", bytes(self.made.tobytes()))


@pytest.mark.parametrize("side", [60, 540])
def test_numbers_beside_the_lines_are_no_words_of_the_paper(side: float) -> None:
    """As on papers under review, left or right of the text."""
    sheet = Sheet()
    sheet.head("1 Introduction")
    sheet.line("The learning rate is 1e-6 and each question is answered")
    sheet.line("16 times over; after that the run ends.")
    sheet.fill(30)
    for number in range(50):
        sheet.page.insert_text((side, 76 + 12 * number), f"{number:03d}", fontname="helv", fontsize=7)
    paper = sheet.read()
    assert paper.sections[0].heading == "1 Introduction"
    assert "and each question is answered 16 times over; after that the run ends." in paper.sections[0].text
    assert not any(f" {number:03d} " in paper.sections[0].text for number in range(50))


def test_a_column_of_numbers_within_the_text_stays() -> None:
    sheet = Sheet()
    sheet.head("1 Runs")
    for number in range(1, 20):
        sheet.line(f"{number}")
        sheet.page.insert_text((140, sheet.y), f"hours and {number} minutes of the run", fontname="tiro", fontsize=10)
    sheet.fill(10)
    assert "7 hours and 7 minutes" in sheet.read().sections[0].text


def test_small_capitals_are_words_and_headings() -> None:
    """How a style that sets its headings in small capitals comes out of a PDF: I NTRODUCTION, R ELATED W ORK."""
    sheet = Sheet()

    def capitals(*words: str) -> None:
        sheet.y += 24
        x = 108.0
        for word in words:
            for text, size in ((word[0], 12.0), (word[1:], 9.6)):
                sheet.page.insert_text((x, sheet.y), text, fontname="tiro", fontsize=size)
                x += pymupdf.get_text_length(text, "tiro", size) + 2.4
            x += 3
        sheet.y += 4

    capitals("ABSTRACT")
    sheet.line("We keep the critic and make it small.")
    capitals("1", "INTRODUCTION")
    sheet.fill(12)
    capitals("2", "A", "RELATED", "WORK")
    sheet.fill(12)
    capitals("REFERENCES")
    sheet.line("[1] B. Other. Critics that reach 77.7%. 2020.")
    paper = sheet.read()
    assert paper.abstract == "We keep the critic and make it small."
    assert [s.heading for s in paper.sections] == ["1 INTRODUCTION", "2 A RELATED WORK"]
    assert [r.text for r in paper.references] == ["B. Other. Critics that reach 77.7%. 2020."]


def test_authors_beside_each_other_are_read_before_the_text_of_two_columns() -> None:
    sheet = Sheet()
    sheet.line("A. Writer, Institute of Examples")
    sheet.page.insert_text((360, sheet.y), "B. Author, University of Samples", fontname="tiro", fontsize=10)
    sheet.y += 30
    top = sheet.y
    sheet.line("Abstract", x=60, font="hebo", size=12)
    sheet.line("We keep the critic and make it small.", x=60)
    sheet.line("1 Introduction", x=60, gap=22, font="hebo", size=12)
    for _ in range(30):
        sheet.line("words that fill a column from its left to its right", x=60)
    sheet.line("and the sentence of the left column ends in", x=60)
    sheet.y = top
    sheet.line("the right column, where it belongs.", x=320)
    for _ in range(30):
        sheet.line("words that fill a column from its left to its right", x=320)
    paper = sheet.read()
    assert paper.abstract == "We keep the critic and make it small."
    assert "left column ends in the right column, where it belongs." in paper.sections[-1].text
    assert "B. Author" in paper.sections[0].text and paper.sections[0].name == "Front matter"


def test_a_hyphen_that_says_it_is_soft_goes_and_another_sign_for_one_is_one() -> None:
    sheet = Sheet()
    sheet.head("1 Introduction")
    writer, font = pymupdf.TextWriter(sheet.page.rect), pymupdf.Font("tiro")
    for line in ("It needs pre\u00ad", "training, and fine\u2010", "tuning after that; finetuning is one word."):
        sheet.y += 12
        writer.append((108, sheet.y), line, font=font, fontsize=10)
    writer.write_text(sheet.page)
    sheet.fill(10)
    assert "It needs pretraining, and finetuning after that" in sheet.read().sections[0].text


def test_a_paragraph_close_under_a_centred_caption_is_no_part_of_it() -> None:
    sheet = Sheet()
    sheet.head("1 Costs")
    sheet.fill(8)
    sheet.line("Table 1: Costs of a run.", x=250, gap=20)
    sheet.line("The costs are those of one card, for an hour of", gap=16)
    sheet.fill(3)
    paper = sheet.read()
    assert [c.text for c in paper.captions] == ["Table 1: Costs of a run."]
    assert "The costs are those of one card" in paper.sections[0].text


def test_a_short_heading_over_several_columns_stands_over_each() -> None:
    """The rule under it (cmidrule) says how far it reaches."""
    sheet = Sheet()
    sheet.head("1 Results")
    sheet.fill(8)
    sheet.line("Table 1: Accuracy by the size of the numbers.", gap=24)
    at = (120, 220, 280, 340, 400)
    rules = {12.0: (110, 450), 28.0: (210, 370), 46.0: (110, 450), 86.0: (110, 450)}
    for down, (x0, x1) in rules.items():
        sheet.page.draw_line((x0, sheet.y + down), (x1, sheet.y + down), width=0.5)
    sheet.page.insert_text((278, sheet.y + 24), "Sums", fontname="tiro", fontsize=10)
    for down, row in ((40, ("Method", "10", "100", "1000", "Time")), (60, ("Plain", "99.1", "88.0", "41.0", "3")),
                      (76, ("Ours", "99.6", "93.4", "51.3", "4"))):  # fmt: skip
        for x, cell in zip(at, row, strict=True):
            sheet.page.insert_text((x, sheet.y + down), cell, fontname="tiro", fontsize=10)
    sheet.y += 110
    sheet.fill(5)
    [table] = sheet.read().tables
    assert table.header == ("Method", "Sums / 10", "Sums / 100", "Sums / 1000", "Time")
    assert table.rows[1] == ("Ours", "99.6", "93.4", "51.3", "4")
