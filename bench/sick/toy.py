"""A tiny tokenizer, tiny models and four small tasks, all made here: nothing is downloaded."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = tuple[str, str]
"""A prompt and its answer."""

CHARACTERS = "0123456789+=>#abcdefgh"
LONGEST = 48


def addition(chance: random.Random) -> Row:
    """Two numbers and their sum, units first, so that a carry is known before it is needed."""
    a, b = chance.randrange(100), chance.randrange(100)
    return f"{a}+{b}=", str(a + b)[::-1]


def reversal(chance: random.Random) -> Row:
    word = "".join(chance.choices("abcdefgh", k=chance.randint(3, 5)))
    return f"{word}>", word[::-1]


def counting(chance: random.Random) -> Row:
    """As many letters as the number says."""
    n = chance.randint(3, 9)
    letter = chance.choice("abcd")
    return f"{letter}{n}>", letter * n


def short_counting(chance: random.Random) -> Row:
    """The same prompts by a teacher who may stop after any letter: what reinforcement can then make longer."""
    prompt, answer = counting(chance)
    kept = 1
    while kept < len(answer) and chance.random() < 0.7:
        kept += 1
    return prompt, answer[:kept]


def rambling(chance: random.Random) -> Row:
    """Sums by a teacher who goes on talking: what reinforcement can then make shorter."""
    prompt, answer = addition(chance)
    return prompt, answer + "".join(chance.choices("#gh", k=chance.randint(0, 8)))


TASKS: dict[str, Callable[[random.Random], Row]] = {
    "addition": addition, "reversal": reversal, "counting": counting, "short_counting": short_counting,
    "rambling": rambling,
}  # fmt: skip


def rows_of(task: str, count: int, seed: int) -> list[Row]:
    chance = random.Random(f"{task} {seed}")
    return [TASKS[task](chance) for _ in range(count)]


def careless(rows: list[Row], share: float, seed: int) -> list[Row]:
    """Some answers are another row's: a floor under the loss."""
    chance = random.Random(seed)
    return [(prompt, chance.choice(rows)[1] if chance.random() < share else answer) for prompt, answer in rows]


def tokenizer() -> Any:
    """One token a character."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(
        models.WordLevel({t: i for i, t in enumerate(["<pad>", "<eos>", "?", *CHARACTERS])}, unk_token="?")
    )
    core.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    core.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<pad>",
        eos_token="<eos>",
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def language_model(seed: int, kind: str = "gpt2") -> Any:
    """Sixty to a hundred thousand parameters: a GPT-2, or a Llama with rotary positions."""
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, set_seed

    set_seed(seed)
    size = len(CHARACTERS) + 3
    if kind == "llama":
        shape = LlamaConfig(
            vocab_size=size,
            hidden_size=48,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=LONGEST,
            bos_token_id=1,
            eos_token_id=1,
            pad_token_id=0,
        )
        return LlamaForCausalLM(shape)
    dropless = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    shape = GPT2Config(
        vocab_size=size,
        n_positions=LONGEST,
        n_embd=56,
        n_layer=2,
        n_head=4,
        bos_token_id=1,
        eos_token_id=1,
        pad_token_id=0,
        **dropless,
    )
    return GPT2LMHeadModel(shape)


def classifier(seed: int) -> Any:
    from transformers import BertConfig, BertForSequenceClassification, set_seed

    set_seed(seed)
    return BertForSequenceClassification(
        BertConfig(
            vocab_size=len(CHARACTERS) + 3,
            hidden_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=96,
            max_position_embeddings=LONGEST,
            num_labels=2,
            pad_token_id=0,
        )
    )


def supervised(rows: list[Row], reader: Any) -> Any:
    """Token rows whose labels are the answers."""
    from datasets import Dataset

    prompts = reader([prompt for prompt, _ in rows])["input_ids"]
    answers = reader([answer for _, answer in rows])["input_ids"]
    eos = reader.eos_token_id
    return Dataset.from_dict(
        {
            "input_ids": [[*p, *a, eos] for p, a in zip(prompts, answers, strict=True)],
            "labels": [[*[-100] * len(p), *a, eos] for p, a in zip(prompts, answers, strict=True)],
        }
    )


def counted_letters(count: int, seed: int, noise: float = 0.0) -> list[tuple[str, int]]:
    """Does the word hold more a than b?"""
    chance = random.Random(f"letters {seed}")
    made: list[tuple[str, int]] = []
    while len(made) < count:
        word = "".join(chance.choices("aabbcd", k=chance.randint(8, 16)))
        a, b = word.count("a"), word.count("b")
        if a != b:
            made.append((word, int(a > b) if chance.random() >= noise else chance.randrange(2)))
    return made


def saved(model: Any, reader: Any, folder: Path) -> Path:
    """With a KL penalty GRPO reads its reference from a folder."""
    model.save_pretrained(folder)
    reader.save_pretrained(folder)
    return folder
