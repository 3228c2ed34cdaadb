"""Copies of test rows in train are found whatever happened to them, and what is no copy is left alone."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.checks.overlap.find import Overlap, contamination, find_overlap, looked
from lab.checks.parts import Looked

LETTERS = "abcdefghijklmnopqrstuvwxyz"
CHINESE = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈剑号巨"


def vocabulary(seed: int, letters: str = LETTERS) -> list[str]:
    draw = random.Random(seed)
    return ["".join(draw.choices(letters, k=draw.randint(3, 9))) for _ in range(4000)]


def texts(count: int, seed: int, letters: str = LETTERS) -> list[str]:
    """Sentences of 12 to 40 words, the common ones common."""
    words, draw = vocabulary(1, letters), random.Random(seed)
    odds = [1 / (rank + 3) for rank in range(len(words))]
    return [" ".join(draw.choices(words, odds, k=draw.randint(12, 40))).capitalize() + "." for _ in range(count)]


def batches(rows: Sequence[str], size: int = 100) -> Iterator[list[str]]:
    for at in range(0, len(rows), size):
        yield list(rows[at : at + size])


def found(test: Sequence[str], train: Sequence[str]) -> Overlap:
    return find_overlap(test, batches(train))


def by_kind(overlap: Overlap) -> dict[str, Looked]:
    return {answer.kind: answer for answer in looked(overlap)}


def severity(answer: Looked) -> str:
    return answer.findings[0].severity if answer.findings else "none"


CHANGES = {
    "upper": str.upper,
    "spaces": lambda text: "  " + text.replace(" ", " \n "),
    "no punctuation": lambda text: text.rstrip("."),
    "commas": lambda text: text.replace(" ", ", "),
    "wide letters": lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in text),
}


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    changes=st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=3, unique=True),
    place=st.integers(0, 299),
    size=st.integers(1, 400),
)
def test_a_row_copied_with_other_case_and_spacing_is_always_an_exact_copy(changes, place, size):
    test, train = texts(20, 5), texts(300, 6)
    copy = test[7]
    for change in changes:
        copy = CHANGES[change](copy)
    train[place] = copy
    overlap = find_overlap(test, batches(train, size))
    assert [(pair.train, pair.test, pair.grade) for pair in overlap.pairs] == [(place, 7, "exact")]
    assert severity(by_kind(overlap)["exact_duplicate"]) == "block"


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_texts_without_a_common_word_never_overlap(seed):
    overlap = found(texts(30, seed, "abcdefghijklm"), texts(200, seed + 1, "nopqrstuvwxyz"))
    assert not overlap.pairs and not overlap.doubtful
    assert not any(answer.findings for answer in looked(overlap))


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(8)))
def test_the_order_of_train_batches_does_not_matter(order):
    test, train = texts(60, 3), texts(400, 4)
    for kind, change in enumerate(EDITS.values()):
        for at in range(5):
            train[80 * at + 3 * kind] = change(test[5 * kind + at], random.Random(at))
    parts = list(batches(train, 50))
    overlap = find_overlap(test, [parts[at] for at in order])
    back = {50 * new + at: 50 * old + at for new, old in enumerate(order) for at in range(50)}
    again = {(back[pair.train], pair.test, pair.grade) for pair in overlap.pairs}
    assert again == {(pair.train, pair.test, pair.grade) for pair in found(test, train).pairs}


def _swap_words(text: str, draw: random.Random) -> str:
    words = text.split()
    for _ in range(2):
        words[draw.randrange(len(words))] = draw.choice(["zebra", "quartz", "banjo"])
    return " ".join(words)


def _typos(text: str, draw: random.Random) -> str:
    for _ in range(2):
        at = draw.randrange(1, len(text) - 1)
        text = text[:at] + text[at + 1 :]
    return text


def _turn_around(text: str, draw: random.Random) -> str:
    words = text.split()
    cut = draw.randint(4, 8)
    return " ".join(words[cut:] + words[:cut])


def _embed(text: str, draw: random.Random) -> str:
    around = texts(6, 900 + draw.randint(0, 99))
    return " ".join([*around[:3], text, *around[3:]])


EDITS = {"words": _swap_words, "typos": _typos, "reordered": _turn_around, "embedded": _embed}


@pytest.mark.slow
@pytest.mark.parametrize("kind", EDITS)
def test_edited_copies_are_found_and_block(kind):
    test, train, draw = texts(200, 11), texts(3000, 12), random.Random(13)
    for at in range(100):
        train[30 * at] = EDITS[kind](test[at], draw)
    overlap = found(test, train)
    hit = set(overlap.real.tolist())
    assert len(hit & set(range(100))) >= 96
    assert not hit - set(range(100))
    answer = by_kind(overlap)["contained_text" if kind == "embedded" else "near_duplicate"]
    assert severity(answer) == "block"
    assert answer.findings[0].examples and set(answer.findings[0].examples[0]) == {"train", "test", "score"}


def test_all_copies_of_a_row_are_listed_not_only_the_named_pairs():
    test, train = texts(5, 21), texts(500, 22)
    train[100:300] = [test[2].upper()] * 200
    overlap = found(test, train)
    assert overlap.rows["exact"].train.tolist() == list(range(100, 300))
    assert overlap.rows["exact"].test.tolist() == [2]
    assert len(overlap.pairs) <= 20


def test_scripts_without_spaces_are_compared_by_characters():
    draw = random.Random(31)

    def sentence() -> str:
        return "".join(draw.choices(CHINESE, k=30)) + "。"

    test, train = [sentence() for _ in range(50)], [sentence() for _ in range(800)]
    for at in range(20):
        train[at] = test[at].replace(test[at][9], "龘")
        train[100 + at] = sentence() + test[20 + at][:-1] + sentence() + sentence()
    overlap = found(test, train)
    assert overlap.units == "characters"
    assert set(overlap.real.tolist()) == set(range(40))
    assert len(overlap.rows["contained"].test) >= 20


def test_source_code_is_compared_by_characters():
    draw, names = random.Random(41), vocabulary(2)

    def function() -> str:
        a, b, c, d, e = draw.choices(names, k=5)
        return f"def {a}({b}, {c}):\n    {d} = {b}.{e}({c})\n    for {a[0]} in {d}:\n        {c}.append({a[0]})\n    return {d}\n"

    test, train = [function() for _ in range(40)], [function() for _ in range(600)]
    for at in range(10):
        train[at] = test[at].replace("    ", "\t")
        train[50 + at] = "import os\n\n" + test[10 + at].replace("append", "extend")
    overlap = found(test, train)
    assert overlap.units == "characters"
    assert set(overlap.real.tolist()) == set(range(20))


def healthy_arithmetic() -> tuple[list[str], list[str]]:
    every = [f"{a}{sign}{b}=" for a in range(10, 60) for b in range(10, 60) for sign in "+-"]
    random.Random(51).shuffle(every)
    return every[:500], every[500:]


def healthy_templates() -> tuple[list[str], list[str]]:
    draw, names = random.Random(52), vocabulary(3)[:300]
    rows = {
        f"{draw.choice(names).title()} has {draw.randint(2, 99)} apples and buys {draw.randint(2, 99)} more at the market. "
        f"How many apples does {draw.choice(names).title()} have in the end?"
        for _ in range(3000)
    }
    every = sorted(rows)
    draw.shuffle(every)
    return every[:300], every[300:]


def healthy_prompts() -> tuple[list[str], list[str]]:
    lead = "You are a careful assistant. Read the customer's message and say what they want in one short sentence. Message: "
    return [lead + text for text in texts(300, 53)], [lead + text for text in texts(3000, 54)]


def healthy_questions() -> tuple[list[str], list[str]]:
    places = list(dict.fromkeys(name.title() for name in vocabulary(4)))
    return (
        [f"What is the capital of {place} and how many people live there?" for place in places[:200]],
        [f"What is the capital of {place} and how many people live there?" for place in places[200:]],
    )


def healthy_words() -> tuple[list[str], list[str]]:
    return ["yes", "no", "ok", "thank you"] * 50, ["yes", "no", "OK", "thank you", "maybe"] * 300


HEALTHY = [healthy_arithmetic, healthy_templates, healthy_prompts, healthy_questions, healthy_words]


@pytest.mark.parametrize("make", HEALTHY)
def test_healthy_data_is_not_condemned(make):
    overlap = found(*make())
    assert {severity(answer) for answer in looked(overlap)} <= {"none", "info", "warn"}


@pytest.mark.parametrize("make", [healthy_templates, healthy_prompts, healthy_questions])
def test_template_twins_are_told_and_nothing_else(make):
    overlap = found(*make())
    answers = by_kind(overlap)
    assert severity(answers.pop("boilerplate")) == "info"
    assert not any(answer.findings for answer in answers.values())
    assert not contamination(overlap, "bench").findings


WRAPPED = {
    "chat": lambda q, n: f"<|im_start|>user\n{q}<|im_end|>\n<|im_start|>assistant\nLet me think.",
    "q and a": lambda q, n: f"Q: {q}\nA: {n}",
    "markdown": lambda q, n: f"### Problem {n}\n\n**{q.replace(' ', '  ')}**\n\n> Solution:",
    "options": lambda q, n: f"{q}\n(1) granite\n(2) marble\n(3) basalt\n(4) slate",
    "latex": lambda q, n: "\\begin{problem}\\text{" + q + "}\\end{problem}",
}


@pytest.mark.slow
@pytest.mark.parametrize("wrapper", WRAPPED)
def test_a_benchmark_in_another_dress_is_contamination(wrapper):
    questions = [f"{text[:-1]} with {n} and {3 * n + 1} of {7 * n}?" for n, text in enumerate(texts(60, 61), 5)]
    train = texts(2000, 62)
    for at in range(30):
        train[60 * at] = WRAPPED[wrapper](questions[at], at)
    answer = contamination(found(questions, train), "the sealed set")
    assert severity(answer) == "block"
    assert answer.findings[0].count == 30
    assert "the sealed set" in answer.findings[0].why


def test_what_is_as_common_within_train_warns():
    draw = random.Random(71)
    notices = texts(150, 72)
    every = [_swap_words(draw.choice(notices), draw) if draw.random() < 0.25 else text for text in texts(3000, 73)]
    overlap = found(every[:500], every[500:])
    answer = by_kind(overlap)["near_duplicate"]
    assert severity(answer) == "warn"
    assert "as common among train rows" in answer.findings[0].why


def test_a_train_row_that_is_part_of_a_test_row_is_only_doubtful():
    test, train = texts(50, 81), texts(500, 82)
    long = [" ".join(texts(3, 300 + at)) for at in range(20)]
    for at, text in enumerate(long):
        words = text.split()
        train[10 * at] = " ".join(words[: 3 * len(words) // 5 + 2])
    overlap = found([*test, *long], train)
    assert len({pair.test for pair in overlap.doubtful}) >= 10
    assert not any(pair.score > 0.8 for pair in overlap.pairs)


@pytest.mark.parametrize(("test", "train"), [([], ["a text"]), (["a text"], []), (["", " "], ["a", "b"]), ([], [])])
def test_nothing_to_look_at_is_said(test, train):
    overlap = found(test, train)
    assert all(answer.not_run for answer in looked(overlap))
    assert contamination(overlap, "bench").not_run


def test_blank_rows_are_counted_and_match_nothing():
    overlap = found(["", "some words to look for", "!?"], ["", " ", "other words to look for", "..."])
    assert (overlap.train_blank, overlap.test_blank) == (2, 1)
    assert not overlap.pairs


def test_progress_is_told_by_rows():
    told: list[int] = []
    find_overlap(texts(5, 91), batches(texts(250, 92)), tell=told.append)
    assert told == [100, 200, 250]


def test_symbols_and_odd_characters_are_no_trouble():
    test = [
        "▲r ■g ●b ◆y ▲r ■g ●b ◆y",
        "a\x00b null inside a row of many words here",
        "1.5 + 2 =",
        "ｆｕｌｌ ｗｉｄｔｈ",
    ]
    train = ["●r ◆g ▲b ■y ▲r ■g ●b ◆y", "a\x00b null inside a row of many words here", "15 + 2 =", "full width"]
    overlap = found(test, train)
    assert [(pair.train, pair.test) for pair in overlap.pairs if pair.grade == "exact"] == [(1, 1), (3, 3)]


NOUNS = "printer router invoice password account monitor license keyboard server calendar".split()  # noqa: SIM905
PLACES = "office corridor warehouse kitchen basement laboratory library garage workshop".split()  # noqa: SIM905
VERBS = "broke vanished froze complained restarted failed overheated blinked stalled".split()  # noqa: SIM905


def tickets(count: int, seed: int) -> list[str]:
    draw = random.Random(seed)
    return [
        " and ".join(f"the {draw.choice(NOUNS)} in the {draw.choice(PLACES)} {draw.choice(VERBS)}" for _ in range(4))
        for _ in range(count)
    ]


def test_one_changed_word_in_a_row_of_common_words_is_found():
    test, train = tickets(60, 101), tickets(220, 102)
    for at in range(20):
        train[7 * at] = test[at].replace("the ", "that ", 1)
    overlap = found(test, train)
    assert overlap.real.tolist() == list(range(20))
    assert severity(by_kind(overlap)["near_duplicate"]) == "block"


@pytest.mark.parametrize("rows", [60, 300, 1500])
def test_rows_of_one_small_vocabulary_are_no_copies(rows):
    overlap = found(tickets(rows // 4, 103), tickets(rows, 104))
    assert not overlap.real.tolist()


def test_answers_on_a_form_are_no_copies():
    draw = random.Random(105)
    asked = "smoker drinker diabetic asthma allergy surgery fever cough pain travel insured".split()  # noqa: SIM905

    def form() -> str:
        said = " ".join(f"{one} {'yes' if draw.random() < 0.3 else 'no'}" for one in asked)
        return f"{said} blood {draw.choice(['A', 'B', 'AB', 'O'])}"

    forms = list(dict.fromkeys(form() for _ in range(900)))
    overlap = found(forms[:150], forms[150:])
    assert {severity(answer) for answer in looked(overlap)} <= {"none", "info"}


def test_a_row_inside_a_book_is_found_with_the_number_of_the_book():
    pages = texts(2400, 106)
    books = [" ".join(pages[at : at + 400]) for at in range(0, 2400, 400)]
    test = texts(60, 107)
    for at in range(20):
        test[at] = _swap_words(pages[117 * at], random.Random(at)) if at % 2 else pages[117 * at].upper()
    overlap = found(test, books)
    assert set(overlap.rows["contained"].test.tolist()) == set(range(20))
    assert {(pair.test, pair.train) for pair in overlap.pairs} == {(at, 117 * at // 400) for at in range(20)}


def test_a_book_among_the_test_rows_is_found():
    pages = texts(900, 108)
    book = " ".join(pages[:400])
    train = [*texts(200, 109), " ".join(pages[:395]), " ".join(pages[400:])]
    overlap = found([*texts(30, 110), book], train)
    assert [(pair.test, pair.train, pair.grade) for pair in overlap.pairs] == [(30, 200, "near")]


def test_rows_copied_before_the_split_are_a_leak_however_natural_it_looks():
    every = texts(300, 111)
    every += [text.replace(" ", " zebra ", 1) for text in every]
    random.Random(112).shuffle(every)
    answer = by_kind(found(every[:150], every[150:]))["near_duplicate"]
    assert severity(answer) == "block"
