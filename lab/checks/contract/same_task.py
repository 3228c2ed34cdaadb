"""Is it still the same experiment after an edit? What an error may be mended by, and what needs a person."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.checks.failures import Failure

PERSON = "that needs a person"
ASPECTS: dict[str, str] = {
    "sequence length": r"(max_)?(seq|sequence|context|prompt|completion|input|target|model_max)?_?(len|length)"
    r"|max_(seq|sequence|prompt|completion|input|target|source|answer)_(len|length)|max_new_tokens|max_tokens|block_size|n_positions"
    r"|n_ctx|max_position_embeddings|model_max_length|truncate_to|max_chars",
    "method": r"method|algorithm|trainer_class|objective|loss|loss_type|loss_fn|criterion|reward|reward_funcs?"
    r"|task|use_peft|peft|peft_type|use_q?lora|q?lora"
    r"|lora_r|lora_rank|load_in_[48]bit|quantiz\w+|quantis\w+|freeze\w*|frozen\w*",
    "model": r"base_model|model|model_name(_or_path)?"
    r"|start_model|pretrained\w*|checkpoint_name|width|layers|heads|hidden|hidden_size|n_layers?"
    r"|n_embd|n_heads?|num_(hidden_)?layers|num_attention_heads|num_heads|d_model|depth|trees|n_estimators|intermediate_size",
    "data": r"dataset(_name|_path)?|data|data_files?|data_path|train_file|train_path|split|subset|rows|n_rows|num_rows|max_rows|train_rows"
    r"|max_samples|num_samples|max_examples|supervised_rows|max_train_samples|fraction|share_of_rows",
    "optimiser": r"optim|optimi[sz]er",
}
EXPRESSIONS = re.compile(ASPECTS["sequence length"] + "|reward_funcs?|loss_type|loss_fn|criterion")
"""Settings whose way of being worked out counts as well: `config["max_length"] // 4` is shorter too."""
LESS = {
    "length of the training": r"(max_)?steps|max_iter|num_steps|train_steps|total_steps|epochs|n_epochs|max_epochs|num_train_epochs"
}
"""Settings that may grow, and not shrink."""
BATCH = re.compile(r"(per_device_(train_)?)?(train_)?batch_size|prompts_per_step|micro_batch_size")
ACCUMULATION = re.compile(r"(gradient_)?accumulation(_steps)?|grad_accum\w*|accumulate\w*")
ADAPTERS = {
    "LoraConfig": "LoRA", "get_peft_model": "LoRA", "peft_config": "LoRA", "PromptTuningConfig": "prompt tuning",
    "BitsAndBytesConfig": "quantisation", "requires_grad_": "freezing", "prepare_model_for_kbit_training": "quantisation",
}  # fmt: skip
MODELS = re.compile(
    r"\w*Trainer|\w+(Classifier|Regressor|Regression)|\w*SV[CR]|Ridge|Lasso|ElasticNet|\w+NB|Auto\w*Model\w*|\w+For[A-Z]\w+|\w+LMHeadModel"
)
ROWS = re.compile(
    r"(train|raw|all)?_?(rows|data|dataset|ds|examples|texts|samples|df|table|frame|train|lines)(_train|_rows)?"
)
CUTTERS = frozenset(["select", "head", "sample", "take", "islice", "limit"])


@dataclass(frozen=True)
class Draft:
    """An experiment as it stood once."""

    source: str
    config: Mapping[str, Any] = field(default_factory=dict)


def same_task(before: Draft, after: Draft, failure: Failure | None = None) -> str | None:
    """The first thing that an edit changes and may not, as a line for a person; None where the task is what it was."""
    return next(iter(objections(before, after, failure)), None)


def objections(before: Draft, after: Draft, failure: Failure | None = None) -> tuple[str, ...]:
    """All of them. A script that does not parse is not judged: it is mended first."""
    try:
        old, new = ast.parse(before.source), ast.parse(after.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    escape = f" to escape {_named(failure)}" if failure is not None else ""
    was, now = _settings(old, before.config), _settings(new, after.config)
    found = [
        *_aspects(was, now),
        *_less(was, now),
        *_classes(old, new),
        *_adapters(old, new),
        *_cuts(old, new),
        *_files(old, new, failure),
        *_checks(old, new),
    ]
    said = [f"{what}{escape}; {PERSON}" for what in found]
    batch = _batch(was, now)
    return tuple(dict.fromkeys([*said, *([batch] if batch else [])]))


def _named(failure: Failure) -> str:
    names = {"memory": "a memory error", "data": "an error in the data", "config": "an error in the config"}
    if failure.kind == "environment" and "time" in failure.says:
        return "a time limit"
    return names.get(failure.kind, "a limit of the machine" if failure.kind == "environment" else "an error")


# --- settings, in the config and in the code -------------------------------------------------------------------------------
def _settings(tree: ast.Module, config: Mapping[str, Any]) -> dict[str, list[str]]:
    """What each name is set to, in their order: keys of the config, keywords, entries of dictionaries, constants."""
    found: dict[str, list[str]] = {}

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
    return found


def _value(node: ast.expr, config: Mapping[str, Any]) -> str:
    """As it is written, or what the config gives where it is taken from there as it is."""
    match node:
        case ast.Subscript(slice=ast.Constant(value=str(key))) if key in config:
            return repr(config[key])
    return ast.unparse(node)


def _aspects(was: dict[str, list[str]], now: dict[str, list[str]]) -> Iterator[str]:
    for aspect, pattern in ASPECTS.items():
        old, new = _of(was, pattern), _of(now, pattern)
        gone = [(name, value) for name, value in old if value not in {v for _, v in new}]
        come = [(name, value) for name, value in new if value not in {v for _, v in old}]
        if gone and come:
            yield f"changes the {aspect} ({come[0][0]}) from {gone[0][1]} to {come[0][1]}"
        elif gone:
            yield f"takes out what sets the {aspect} ({gone[0][0]}: {gone[0][1]})"
        elif [value for _, value in come if value not in ("None", "False")]:
            yield f"sets the {aspect} ({come[0][0]}) to {come[0][1]}"


def _less(was: dict[str, list[str]], now: dict[str, list[str]]) -> Iterator[str]:
    for what, pattern in LESS.items():
        old, new = ([value for _, value in _of(settings, pattern) if _number(value)] for settings in (was, now))
        gone = [float(v) for v in old if v not in new]
        come = [float(v) for v in new if v not in old]
        if gone and come and min(come) < min(gone):
            yield f"cuts the {what} from {min(gone):g} to {min(come):g}"


def _batch(was: dict[str, list[str]], now: dict[str, list[str]]) -> str | None:
    """Less at a time is honest when it is made up for by accumulation."""
    old, new = _effective(was), _effective(now)
    if old is None or new is None or old == new:
        return None
    return f"changes the effective batch from {old:g} to {new:g}; set the accumulation so that it stays {old:g}"


def _effective(settings: dict[str, list[str]]) -> float | None:
    rows = {v for name, values in settings.items() if BATCH.fullmatch(name) for v in values if _number(v)}
    times = {v for name, values in settings.items() if ACCUMULATION.fullmatch(name) for v in values if _number(v)}
    if len(rows) != 1 or len(times) > 1:
        return None
    return float(rows.pop()) * float(times.pop() if times else 1)


def _of(settings: dict[str, list[str]], pattern: str) -> list[tuple[str, str]]:
    """Names and values of one aspect; of most names only what is written out, since `"loss": loss.item()` is no setting."""
    return [
        (name, value[:60])
        for name, values in settings.items()
        if re.fullmatch(pattern, name)
        for value in values
        if EXPRESSIONS.fullmatch(name) or _number(value) or value[:1] in "'\"" or value in ("True", "False", "None")
    ]


def _number(value: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", value) is not None


# --- the code -----------------------------------------------------------------------------------------------------------
def _classes(old: ast.Module, new: ast.Module) -> Iterator[str]:
    was, now = (
        {n.replace("WithLMHead", "ForCausalLM") for n in _called(tree) if MODELS.fullmatch(n)} for tree in (old, new)
    )
    gone, come = sorted(was - now), sorted(now - was)
    if come and (gone or was):
        kind = "method" if any(name.endswith("Trainer") for name in (*gone, *come)) else "model"
        yield f"changes the {kind} from {', '.join(gone) or 'what it was'} to {', '.join(come)}"


def _called(tree: ast.Module) -> set[str]:
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    held = [f.value if isinstance(f, ast.Attribute) and f.attr == "from_pretrained" else f for f in calls]
    return {f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in held}


def _adapters(old: ast.Module, new: ast.Module) -> Iterator[str]:
    was, now = _names(old), _names(new)
    for kind in dict.fromkeys(ADAPTERS[name] for name in ADAPTERS if name in now):
        if not any(name in was for name, of in ADAPTERS.items() if of == kind):
            yield f"brings in {kind}, which was not there"


def _names(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.keyword(arg=str(name)):
                found.add(name)
    return found


def _cuts(old: ast.Module, new: ast.Module) -> Iterator[str]:
    """Rows left out that were not left out before."""
    for text in [text for text in _slices(new) if text not in _slices(old)][:1]:
        yield f"leaves out rows of the data ({text[:60]})"


def _slices(tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Slice()) if ROWS.fullmatch(name):
                found.append(ast.unparse(node))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)) if attr in CUTTERS and ROWS.fullmatch(
                name
            ):
                found.append(ast.unparse(node))
            case ast.Call(func=ast.Name(id="islice"), args=[_, *_]):
                found.append(ast.unparse(node))
    return found


def _files(old: ast.Module, new: ast.Module, failure: Failure | None) -> Iterator[str]:
    """Other data than before; a name that led nowhere may be mended."""
    if failure is not None and "file is not there" in failure.says:
        return
    was, now = _data_files(old), _data_files(new)
    if was and now and was != now:
        yield f"changes the data from {', '.join(sorted(was))} to {', '.join(sorted(now))}"


def _data_files(tree: ast.Module) -> set[str]:
    words = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return {word.removeprefix("./") for word in words if re.fullmatch(r"(\./)?data/[\w./-]+", word)}


def _checks(old: ast.Module, new: ast.Module) -> Iterator[str]:
    """A check that got in the way was telling something."""
    was, now = (
        [ast.unparse(n) for n in ast.walk(t) if isinstance(n, ast.Assert)]
        + [n for n in _called(t) if n in ("isfinite", "isnan", "detect_anomaly", "set_detect_anomaly")]
        for t in (old, new)
    )
    gone = [check for check in was if check not in now]
    if gone and len(now) < len(was):
        yield f"takes out a check ({gone[0][:60]})"
