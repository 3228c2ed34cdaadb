"""What is set, in the config and in the code, before an edit and after it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

Settings = dict[str, list[str]]

ASPECTS: dict[str, str] = {
    "sequence length": r"(max_)?(seq|sequence|context|prompt|completion|input|target|model_max)?_?(len|length)"
    r"|max_(seq|sequence|prompt|completion|input|target|source|answer)_(len|length)|max_new_tokens|max_tokens|block_size|n_positions"
    r"|n_ctx|context|max_position_embeddings|model_max_length|truncate_to|max_chars",
    "method": r"method|algorithm|trainer_class|objective|loss|loss_type|loss_fn|criterion|reward|reward_funcs?"
    r"|task|use_peft|peft|peft_type|use_q?lora|q?lora"
    r"|lora_r|lora_rank|load_in_[48]bit|quantiz\w+|quantis\w+|freeze\w*|frozen\w*",
    "model": r"base_model|model|model_name(_or_path)?"
    r"|start_model|pretrained\w*|checkpoint_name|width|layers|heads|hidden|hidden_size|n_layers?"
    r"|n_embd|n_heads?|num_(hidden_)?layers|num_attention_heads|num_heads|d_model|depth|trees|n_estimators|intermediate_size",
    "data": r"dataset(_name|_path)?|data|data_path|train_file|train_path|split|subset|rows|n_?rows|num_rows|max_rows|train_rows"
    r"|max_samples|num_samples|max_examples|supervised_rows|max_train_samples|fraction|share_of_rows",
    "optimiser": r"optim|optimi[sz]er",
}
EXPRESSIONS = re.compile(ASPECTS["sequence length"] + "|reward_funcs?|loss_type|loss_fn|criterion")
"""Settings whose way of being worked out counts as well: `config["max_length"] // 4` is shorter too."""
LESS = {
    "length of the training": r"(max_)?steps|max_iter|num_steps|train_steps|total_steps|epochs|n_epochs|max_epochs|num_train_epochs"
}
"""Settings that may grow, and not shrink."""
BATCH = re.compile(
    r"(per_device_)?(train_)?(micro_|mini_)?batch(_size)?|prompts_per_step|per_device_(train_)?batch(_size)?"
)
ACCUMULATION = re.compile(r"(gradient_)?accumulat\w+|grad_accum\w*")
FREE = re.compile(
    r"(\w+_)?seed|random_state|(base_|peak_|max_|min_)?(lr|learning_rate)(_\w+)?|\w*warmup\w*|\w*clip\w*|max_(grad_)?norm|adam_\w+|beta[12]|betas\d?|eps"
    r"|(torch_|compute_)?dtype|precision|amp|bf16\w*|fp16\w*|tf32|use_cpu|\w*compile\w*|\w*checkpointing\w*|use_cache|device\w*"
    r"|\w*workers?|n_jobs|num_proc|\w*pin_memory|prefetch\w*|verbose\w*|\w*eval\w*batch\w*|\w*_dir|disable_tqdm|report_to"
    r"|(save|log|logging|eval|checkpoint|ckpt|report|print)_(every|steps|interval|freq\w*|total_limit|strategy|first_step|to|level)"
)
"""What a mend may turn without making another experiment of it: how the machine is used, and what keeps numbers finite."""
SHAPED = re.compile(
    r"axis|dim|keepdim|padding|return_tensors|map_location|weights_only|strict|encoding|exist_ok|sparse\w*|parents"
)
"""Arguments that are about the form of a thing, and are what an honest mend of a shape error turns."""
MAKERS = re.compile(r"[A-Z]\w+|train_test_split|random_split|cross_val\w+")
"""Calls whose settings are the experiment's: classes of models, trainers, folds, optimisers, and the splits."""


def settings(tree: ast.Module, config: Mapping[str, Any]) -> Settings:
    """What each name is set to, in their order: keys of the config, keywords, entries of dictionaries, constants."""
    found: Settings = {}

    def put(name: str, value: str) -> None:
        if value not in found.setdefault(name, []):
            found[name].append(value)

    def walk(part: Mapping[str, Any]) -> None:
        for key, value in part.items():
            if isinstance(value, Mapping):
                walk(value)
            else:
                put(key, repr(value))

    walk(config)
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg=str(name), value=value):
                put(name, _value(value, config))
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        put(key.value, _value(value, config))
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant() as value):
                put(name.lower(), ast.unparse(value))
            case ast.Assign(targets=[ast.Attribute(attr=name)], value=value):  # tokenizer.model_max_length = 64
                if re.fullmatch(ASPECTS["sequence length"], name):
                    put(name, _value(value, config))
    return found


def _value(node: ast.expr, config: Mapping[str, Any]) -> str:
    """As it is written, or what the config gives where it is taken from there as it is."""
    match node:
        case ast.Subscript(slice=ast.Constant(value=str(key))) if key in config:
            return repr(config[key])
    return ast.unparse(node)


def aspects(was: Settings, now: Settings) -> dict[str, str]:
    """What has changed of each aspect, by its name."""
    found = {}
    for aspect, pattern in ASPECTS.items():
        old, new = _of(was, pattern), _of(now, pattern)
        gone = [(name, value) for name, value in old if value not in {v for _, v in new}]
        come = [(name, value) for name, value in new if value not in {v for _, v in old}]
        if gone and come:
            found[aspect] = f"changes the {aspect} ({come[0][0]}) from {gone[0][1]} to {come[0][1]}"
        elif gone:
            found[aspect] = f"takes out what sets the {aspect} ({gone[0][0]}: {gone[0][1]})"
        elif [value for _, value in come if value not in ("None", "False")]:
            found[aspect] = f"sets the {aspect} ({come[0][0]}) to {come[0][1]}"
    return found


def less(was: Settings, now: Settings) -> dict[str, str]:
    found = {}
    for what, pattern in LESS.items():
        old, new = ([value for _, value in _of(each, pattern) if _number(value)] for each in (was, now))
        gone = [float(v) for v in old if v not in new]
        come = [float(v) for v in new if v not in old]
        if gone and come and min(come) < min(gone):
            found[what] = f"cuts the {what} from {min(gone):g} to {min(come):g}"
    return found


def batch(was: Settings, now: Settings) -> str | None:
    """Less at a time is honest when it is made up for by accumulation."""
    old, new = _effective(was), _effective(now)
    if old is None or new is None or old == new:
        return None
    return f"changes the effective batch from {old:g} to {new:g}; set the accumulation so that it stays {old:g}"


def _effective(given: Settings) -> float | None:
    rows = {v for name, values in given.items() if BATCH.fullmatch(name) for v in values if _number(v)}
    times = {v for name, values in given.items() if ACCUMULATION.fullmatch(name) for v in values if _number(v)}
    if len(rows) != 1 or len(times) > 1:
        return None
    return float(rows.pop()) * float(times.pop() if times else 1)


def _of(given: Settings, pattern: str) -> list[tuple[str, str]]:
    """Names and values of one aspect; of most names only what is written out, since `"loss": loss.item()` is no setting."""
    return [
        (name, value[:60])
        for name, values in given.items()
        if re.fullmatch(pattern, name)
        for value in values
        if EXPRESSIONS.fullmatch(name) or _number(value) or value[:1] in "'\"" or value in ("True", "False", "None")
    ]


def _number(value: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", value) is not None


# --- the config as a whole ------------------------------------------------------------------------------------------------
def turned(before: Mapping[str, Any], after: Mapping[str, Any], excused: str) -> Iterator[str]:
    """Settings with another value, whatever they are called; those that a failure names may be mended."""
    for key in before.keys() & after.keys():
        old, new = before[key], after[key]
        if _same(old, new) or FREE.fullmatch(key) or BATCH.fullmatch(key) or ACCUMULATION.fullmatch(key) or _told(key):
            continue
        if not (isinstance(old, str) and old and old in excused):
            yield f"changes the setting {key} from {old!r} to {new!r}"


def unused(
    old: ast.Module, new: ast.Module, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Settings that the script no longer looks at, with what is to be said; one that goes on under another name is used."""
    was, now = _mentioned(old), _mentioned(new)
    come = [value for key, value in after.items() if key not in before]
    if _spread(new) > _spread(old):
        return
    for key in before:
        if key in was and key not in now and before[key] not in come and not FREE.fullmatch(key):
            yield key, f"no longer uses the setting {key} ({before[key]!r})"


def _mentioned(tree: ast.Module) -> set[str]:
    found = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found | {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}


def _spread(tree: ast.Module) -> int:
    return sum(isinstance(n, ast.keyword) and n.arg is None for n in ast.walk(tree))


def _told(key: str) -> bool:
    """Whether the aspects speak of it."""
    return any(re.fullmatch(pattern, key) for pattern in (*ASPECTS.values(), *LESS.values()))


def _same(old: Any, new: Any) -> bool:
    if old == new:
        return True
    try:
        return not isinstance(old, bool) and float(old) == float(new)  # "1e-4" that was a text becomes a number
    except (TypeError, ValueError):
        return False


def worked_out(old: ast.Module, new: ast.Module, keys: set[str]) -> Iterator[str]:
    """Settings that are used as they were no more: `config["steps"] // 2`, `min(config["steps"], 100)`."""
    was = {(key, how) for key, how, _ in _reckoned(old, keys)}
    for key, how, text in _reckoned(new, keys):
        if (key, how) not in was:
            yield f"takes less of the setting {key} ({text[:60]})"
            return


def _reckoned(tree: ast.Module, keys: set[str]) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(
                left=left, op=ast.FloorDiv() | ast.Div() | ast.Sub() | ast.RShift(), right=ast.Constant(value=by)
            ):
                parts, how = [left], f"{type(node.op).__name__} {by!r}"
            case ast.BinOp(left=left, op=ast.Mult(), right=ast.Constant(value=float(by))) if by < 1:
                parts, how = [left], f"times {by!r}"
            case ast.Call(func=ast.Name(id="min"), args=parts) if any(isinstance(p, ast.Constant) for p in parts):
                how = "min " + " ".join(ast.unparse(p) for p in parts if isinstance(p, ast.Constant))
            case _:
                continue
        for part in parts:
            key = _key(part)
            if key in keys and not FREE.fullmatch(key) and not BATCH.fullmatch(key):
                yield key, how, ast.unparse(node)


def _key(node: ast.expr) -> str:
    match node:
        case ast.UnaryOp(operand=inner):
            return _key(inner)
        case ast.Subscript(slice=ast.Constant(value=str(key))) | ast.Attribute(attr=key) | ast.Name(id=key):
            return key
    return ""


# --- arguments ------------------------------------------------------------------------------------------------------------
def arguments(
    old: ast.Module, new: ast.Module, before: Mapping[str, Any], after: Mapping[str, Any], excused: str
) -> Iterator[str]:
    """Arguments of what is made, written out with another value than before; what the config says is looked at elsewhere."""
    was, now = _given(old, before), _given(new, {**after, **before})
    for (callee, name), values in now.items():
        earlier = was.get((callee, name))
        if earlier is None or earlier == values or None in earlier or None in values or name in excused:
            continue
        if not (
            FREE.fullmatch(name)
            or SHAPED.fullmatch(name)
            or BATCH.fullmatch(name)
            or ACCUMULATION.fullmatch(name)
            or _told(name)
        ):
            yield f"changes {name} of {callee} from {_shown(earlier)} to {_shown(values)}"


def _given(tree: ast.Module, config: Mapping[str, Any]) -> dict[tuple[str, str], set[str | None]]:
    found: dict[tuple[str, str], set[str | None]] = {}
    for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
        callee = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        for keyword in call.keywords if MAKERS.fullmatch(callee) else ():
            if keyword.arg is not None:
                found.setdefault((callee, keyword.arg), set()).add(_known(keyword.value, config))
    return found


def _known(node: ast.expr, config: Mapping[str, Any]) -> str | None:
    """The value, if it is written out or stands in the config; else nothing is known of it."""
    key = _key(node)
    if key in config and not isinstance(node, ast.Name):
        return repr(config[key])
    try:
        return repr(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError):
        return None


def _shown(values: set[str | None]) -> str:
    return ", ".join(sorted(v[:40] for v in values if v is not None))
