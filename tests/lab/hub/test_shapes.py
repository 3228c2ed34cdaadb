"""Pure parts: which files are which split, which trainer columns fit, what is said of a column."""

from __future__ import annotations

from typing import Any

import pytest

from lab.hub.columns import columns_of, cut, repeats
from lab.hub.formats import formats
from lab.hub.layout import glob, lay_out, lay_out_converted
from lab.hub.repo import File


def parts(names: list[str], card: dict[str, Any] | None = None) -> dict[str, list[str]]:
    found = lay_out([File(name, 1) for name in names], card or {})
    return {f"{part.config}/{part.split}": [file.path for file in part.files] for part in found.parts}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["data.jsonl", "README.md"], {"default/train": ["data.jsonl"]}),
        (["a/train.csv", "a/dev.csv"], {"default/train": ["a/train.csv"], "default/validation": ["a/dev.csv"]}),
        (["data/train-00000-of-00002.parquet", "data/dpo-00000-of-00001.parquet"],
         {"default/train": ["data/train-00000-of-00002.parquet"], "default/dpo": ["data/dpo-00000-of-00001.parquet"]}),
        (["data/dev-00000-of-00001.parquet"], {"default/dev": ["data/dev-00000-of-00001.parquet"]}),
        (["dev-00000-of-00001.parquet"], {"default/validation": ["dev-00000-of-00001.parquet"]}),
        (["test/part.json", "training_set.json"], {"default/train": ["training_set.json"], "default/test": ["test/part.json"]}),
        (["trainer.csv", "contest.csv"], {"default/train": ["trainer.csv", "contest.csv"]}),
        (["dataset_infos.json", "image.png"], {}),
    ],
)  # fmt: skip
def test_splits_from_names(names: list[str], expected: dict[str, list[str]]) -> None:
    assert parts(names) == expected


def test_the_card_says_which_files_are_what() -> None:
    card = {"configs": [
        {"config_name": "en", "data_files": [{"split": "train", "path": "en/*.parquet"}, {"split": "test", "path": ["en/test/**"]}]},
        {"config_name": "de", "data_dir": "de"},
        {"config_name": "all", "data_files": "**/*.parquet"},
    ]}  # fmt: skip
    names = ["en/a.parquet", "en/test/x/b.parquet", "de/train.parquet", "de/test.parquet"]
    assert parts(names, card) == {
        "en/train": ["en/a.parquet"],
        "en/test": ["en/test/x/b.parquet"],
        "de/train": ["de/train.parquet"],
        "de/test": ["de/test.parquet"],
        "all/train": names,
    }


def test_files_that_the_card_lists_without_a_split_are_one_split() -> None:
    card = {"configs": [{"config_name": "a", "data_files": ["x.csv", "y.csv"]}]}
    assert parts(["x.csv", "y.csv", "z.csv"], card) == {"a/train": ["x.csv", "y.csv"]}


def test_one_of_several_letters_is_a_pattern_too() -> None:
    assert glob("data/part-[0-9][!a].csv").fullmatch("data/part-7b.csv")
    assert not glob("data/part-[0-9][!a].csv").fullmatch("data/part-7a.csv")
    assert not glob("data/part-[0-9].csv").fullmatch("data/part-x.csv")


def test_a_star_stays_in_its_folder() -> None:
    assert glob("data/*.csv").fullmatch("data/a.csv")
    assert not glob("data/*.csv").fullmatch("data/sub/a.csv")
    assert glob("**/a.csv").fullmatch("a.csv")


def test_a_loading_script_is_named_and_not_run() -> None:
    assert "never run" in lay_out([File("sums.py", 10), File("a.zip", 1)], {}).notes[0]


def test_the_conversion_branch() -> None:
    found = lay_out_converted(
        [File("en/train/0000.parquet", 1), File("en/train/0001.parquet", 1), File("en/partial-test/0000.parquet", 1)]
    )
    assert [(part.config, part.split, len(part.files)) for part in found.parts] == [
        ("en", "train", 2),
        ("en", "test", 1),
    ]
    assert "only a part" in found.notes[0]


TURNS = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]


@pytest.mark.parametrize(
    ("row", "name", "trainers"),
    [
        ({"messages": TURNS}, "conversational", ("SFT",)),
        ({"conversations": [{"from": "human", "value": "hi"}]}, "conversational", ("SFT",)),
        ({"prompt": "a", "chosen": "b", "rejected": "c"}, "preference", ("DPO",)),
        ({"chosen": TURNS, "rejected": TURNS}, "preference", ("DPO",)),
        ({"prompt": "a", "completion": "b", "label": True}, "rated answers", ("KTO",)),
        ({"prompt": "a", "completion": "b"}, "prompt-completion", ("SFT",)),
        ({"prompt": TURNS[:1], "completion": TURNS[1:]}, "prompt-completion", ("SFT",)),
        ({"instruction": "a", "output": "b"}, "prompt-completion", ("SFT",)),
        ({"text": "abc"}, "text", ("SFT",)),
        ({"problem": "abc"}, "prompt only", ("GRPO",)),
        ({"text": "abc", "label": 1}, "text and label", ("classification",)),
        ({"width": 1.5, "species": "x", "class": "y"}, "features and target", ("classification",)),
    ],
)
def test_which_trainer_columns_fit(row: dict[str, Any], name: str, trainers: tuple[str, ...]) -> None:
    found = formats(list(row), [row] * 4)
    assert (found[0].name, found[0].trainers) == (name, trainers)


def test_shared_gpt_turns_have_to_be_converted() -> None:
    assert "from/value" in formats(["conversations"], [{"conversations": [{"from": "human", "value": "hi"}]}])[0].change


def test_a_table_of_pictures_fits_nothing() -> None:
    assert formats(["image", "bbox"], [{"image": b"x", "bbox": [1, 2]}]) == []


def test_columns_are_described_as_they_are() -> None:
    rows: list[dict[str, Any]] = [
        {"t": "ab" * n, "n": n, "l": "yes" if n % 2 else "no", "x": None} for n in range(1, 61)
    ]
    said = {column.name: column for column in columns_of(rows)}
    assert said["n"].spread == "from 1 to 60, mean 30.5"
    assert said["l"].spread == "'yes' 30, 'no' 30"
    assert said["t"].spread == "2 to 120 characters, median 61"
    assert (said["x"].missing, said["x"].spread) == (60, "nothing in it")


def test_copies_are_whole_rows_or_one_text_twice() -> None:
    rows = [
        {"q": "What is it?", "a": "1"},
        {"q": "What is it?", "a": "1"},
        {"q": "what  IS it?", "a": "2"},
        {"q": "Other", "a": "3"},
    ]
    found = repeats(rows)
    assert (found.rows, found.whole, found.same_text, found.column) == (4, 1, 1, "q")


def test_a_cut_says_how_much_is_gone() -> None:
    assert cut("abcdef", 3) == "abc [... 3 more characters]"
    assert cut("abc", 3) == "abc"
