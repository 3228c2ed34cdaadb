"""Second reading of the metrics over labels: by scikit-learn, over integers that stand for the labels."""

from __future__ import annotations

from lab.stats.second_asked import Asked
from lab.stats.second_choice import picks
from lab.stats.second_text import spelled

NOBODY = -1


def named(text: str) -> str:
    """The label, `1.0` as `1`."""
    bare = spelled(text)
    head, dot, tail = bare.partition(".")
    digits = head[1:] if head[:1] in ("+", "-") else head
    return head if dot and not tail.strip("0") and digits.isascii() and digits.isdigit() else bare


def _coded(asked: Asked) -> tuple[list[int], list[int], list[int]]:
    """True and predicted labels as integers; what is no label of the answers is NOBODY."""
    true = [named(text) for text in asked.answers.values()]
    codes = {text: i for i, text in enumerate(dict.fromkeys(true))}
    said = [asked.said(key) for key in asked.answers]
    return (
        [codes[t] for t in true],
        [codes.get(named(s), NOBODY) if s is not None else NOBODY for s in said],
        list(codes.values()),
    )


def exact_match(asked: Asked) -> float:
    from sklearn.metrics import accuracy_score

    pairs = [(spelled(gold), asked.said(key)) for key, gold in asked.answers.items()]
    return float(accuracy_score([1] * len(pairs), [int(s is not None and spelled(s) == g) for g, s in pairs]))


def accuracy(asked: Asked) -> float:
    from sklearn.metrics import accuracy_score

    true, said, _ = _coded(asked)
    return float(accuracy_score(true, said))


def micro_f1(asked: Asked) -> float:
    """Over all labels and NOBODY: every row predicts something, so a missing prediction is a false one."""
    from sklearn.metrics import f1_score

    true, said, labels = _coded(asked)
    return float(f1_score(true, said, labels=[*labels, NOBODY], average="micro", zero_division=0.0))


def balanced_accuracy(asked: Asked) -> float:
    from sklearn.metrics import recall_score

    true, said, labels = _coded(asked)
    return float(recall_score(true, said, labels=labels, average="macro", zero_division=0.0))


def macro_f1(asked: Asked) -> float:
    return _averaged_f1(asked, "macro")


def weighted_f1(asked: Asked) -> float:
    return _averaged_f1(asked, "weighted")


def _averaged_f1(asked: Asked, average: str) -> float:
    from sklearn.metrics import f1_score

    true, said, labels = _coded(asked)
    return float(f1_score(true, said, labels=labels, average=average, zero_division=0.0))


def binary_f1(asked: Asked) -> float:
    from sklearn.metrics import f1_score

    true = [named(text) for text in asked.answers.values()]
    yes = named(asked.detail) if asked.detail else _yes(true)
    said = [asked.said(key) for key in asked.answers]
    return float(
        f1_score([t == yes for t in true], [s is not None and named(s) == yes for s in said], zero_division=0.0)
    )


def _yes(labels: list[str]) -> str:
    """The label that says of itself that it is the positive one."""
    return next((text for text in labels if text.casefold() in ("yes", "true", "1", "pos", "positive")), "1")


def multiple_choice(asked: Asked) -> float:
    hits = sum(picks(asked.said(key), gold, asked.options.get(key)) for key, gold in asked.answers.items())
    return hits / len(asked.answers)
