"""Flags that a script takes in a loop over their names, as people write it."""

from __future__ import annotations

import ast

import pytest

from lab.checks.contract.commands import commands
from lab.checks.contract.scopes import Script
from lab.checks.contract.texts import Texts

SCRIPT = """
import argparse
MORE = ("--inputs", "--out")
def main():
    p = argparse.ArgumentParser()
    subs = p.add_subparsers(dest="do")
    t = subs.add_parser("train")
    t.add_argument("--config")
    t.add_argument("--resume", action="store_true")
    q = subs.add_parser("predict")
    {loop}
    a = p.parse_args()
    for row in open(a.inputs):
        for flag in row:
            print(flag)
main()
"""
SEEN = {
    "a tuple": 'for a in ("--config", "--inputs", "--out"): q.add_argument(a, required=True)',
    "a list": 'for a in ["--config", "--inputs", "--out"]: q.add_argument(a, required=True)',
    "a constant": "for a in MORE: q.add_argument(a)",
    "with its help": 'for a, said in (("--inputs", "rows"), ("--out", "answers")): q.add_argument(a, help=said)',
    "with a short form": 'for a in (("-i", "--inputs"), ("-o", "--out")): q.add_argument(*a)',
    "both parsers": 'for one in (t, q):\n        for flag in ("--inputs", "--out"): one.add_argument(flag)',
}


def said(loop: str) -> list[str]:
    script = Script(ast.parse(SCRIPT.replace("{loop}", loop)))
    return [f"{fault.severity}: {fault.says}" for fault in commands(script, Texts(script))]


@pytest.mark.parametrize("loop", SEEN.values(), ids=SEEN)
def test_flags_of_a_loop_over_their_names_are_seen(loop: str) -> None:
    assert said(loop) == []


def test_one_that_no_loop_names_is_lacking_for_certain() -> None:
    assert said(SEEN["a tuple"].replace(', "--out"', "")) == ["fault: the script does not take --out"]


@pytest.mark.parametrize(
    "loop",
    [
        "for a in names(): q.add_argument(a)",
        'for a in ("inputs", "out"):\n        a = "--" + a.lower()\n        q.add_argument(a)',
        'for a, said in (("--inputs", "rows"), pair()): q.add_argument(a, help=said)',
    ],
)
def test_what_a_loop_does_not_write_out_can_not_be_seen(loop: str) -> None:
    assert said(loop) == ["warning: --inputs, --out can't be seen in the text"]


def test_of_a_loop_that_is_written_out_in_part_that_part_is_seen() -> None:
    assert said('for a in ("--inputs", name()): q.add_argument(a)') == ["warning: --out can't be seen in the text"]
