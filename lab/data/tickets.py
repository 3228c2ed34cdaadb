"""A seeded grammar of support-desk messages: five classes, shared words, some mislabelled, no two alike.

Real tickets mention several things at once and their labels are partly opinion. So each message states its own matter
in words that other classes use too, sometimes mentions a second matter, and some labels are plainly wrong; a
bag-of-words classifier is meant to reach about .85, not 1.
"""

from __future__ import annotations

import random

ROWS = 1_200
SEED = 20
MENTIONS_ANOTHER = 0.15
VAGUE = 0.05
MISLABELLED = 0.05

OPENINGS = (
    "",
    "",
    "hello,",
    "hi there,",
    "good morning,",
    "dear team,",
    "sorry to bother you again,",
    "quick question:",
    "second message about this:",
    "not sure whom to ask, but",
)
CLOSINGS = (
    "",
    "",
    "thanks",
    "please advise",
    "can you look into it",
    "this is urgent",
    "no hurry",
    "waiting for your reply",
    "my order number is {n}",
    "my account is {n}",
    "it has been {d} days",
    "I wrote on {w} already",
    "sent from my phone",
)
WHO = ("I", "we", "my colleague", "my mother", "our office", "the new hire", "my partner")
THING = (
    "the plan",
    "the app",
    "the parcel",
    "the device",
    "the account",
    "the subscription",
    "the order",
    "the package",
)

MATTERS: dict[str, tuple[str, ...]] = {
    "billing": (
        "{who} got charged twice for {thing}",
        "the amount on the invoice for {thing} is wrong",
        "the card was refused when paying for {thing}",
        "{who} need a receipt for {thing}",
        "there is a fee of {n} that nobody explained",
        "the discount did not count for {thing}",
        "the payment for {thing} still shows as pending",
        "{who} want the money for {thing} back",
        "the price of {thing} went up without notice",
    ),
    "access": (
        "{who} can't sign in to {thing}",
        "the password reset mail for {thing} never arrives",
        "the code sent to the phone is refused",
        "{thing} says the user is locked",
        "{who} changed the address and lost access to {thing}",
        "two-step login for {thing} asks again and again",
        "{who} need to add a user to {thing}",
        "the link to confirm {thing} has expired",
        "{who} forgot which mail {thing} is under",
    ),
    "delivery": (
        "{thing} has not arrived",
        "tracking for {thing} has not moved",
        "{thing} went to the wrong address",
        "{who} received {thing} with a broken box",
        "the courier left {thing} outside",
        "half of {thing} is missing from the box",
        "{who} want to change the address for {thing}",
        "{thing} shows as delivered but nobody has it",
        "when will {thing} be sent",
    ),
    "fault": (
        "{thing} stops with error {n}",
        "{thing} is very slow since the update",
        "{thing} freezes when {who} open it",
        "the screen of {thing} stays black",
        "{thing} loses what {who} saved",
        "{thing} will not pair with the phone",
        "the button to send does nothing in {thing}",
        "{thing} restarts every {d} minutes",
        "the report from {thing} comes out empty",
    ),
    "cancel": (
        "{who} want to end {thing}",
        "please close {thing} before the next month",
        "{who} no longer need {thing}",
        "how can {who} send {thing} back",
        "{thing} renewed although {who} had stopped it",
        "{who} would like to pause {thing}",
        "is there a notice period for {thing}",
        "{who} changed their mind about {thing}",
        "remove {who} from {thing} for good",
    ),
}
VAGUE_MATTERS = (
    "something is wrong with {thing}",
    "{who} have a problem with {thing}",
    "{thing} is not what {who} expected",
    "{who} still have no answer about {thing}",
    "what happens now with {thing}",
    "{who} tried {d} times with {thing} and gave up",
)
JOINTS = ("and also", "by the way,", "after", "besides,", "the same week", "this began when")


def write_tickets() -> list[tuple[str, str]]:
    """All messages with their labels; always the same, no text twice."""
    rng = random.Random(SEED)
    labels = sorted(MATTERS)
    written: dict[str, str] = {}
    while len(written) < ROWS:
        label = labels[len(written) % len(labels)]
        text = _message(rng, label)
        if text not in written:
            written[text] = rng.choice(labels) if rng.random() < MISLABELLED else label
    return list(written.items())


def _message(rng: random.Random, label: str) -> str:
    vague = rng.random() < VAGUE
    parts = [rng.choice(OPENINGS), rng.choice(VAGUE_MATTERS if vague else MATTERS[label])]
    if rng.random() < MENTIONS_ANOTHER:
        other = rng.choice([name for name in sorted(MATTERS) if name != label])
        second = [rng.choice(JOINTS), rng.choice(MATTERS[other])]
        parts += second
    parts.append(rng.choice(CLOSINGS))
    text = " ".join(part for part in parts if part)
    for slot, words in (("{who}", WHO), ("{thing}", THING), ("{w}", ("Monday", "Tuesday", "Friday"))):
        while slot in text:
            text = text.replace(slot, rng.choice(words), 1)
    return text.replace("{n}", str(rng.randint(1000, 9999))).replace("{d}", str(rng.randint(2, 14)))
