"""What an edit does to the code itself: which model and loss, what learns, what is checked and how it is measured."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from lab.checks.contract.same_losses import ANSWERING, HIDES, LOSS, functions
from lab.checks.failures import Failure

ADAPTERS = {
    "LoraConfig": "LoRA", "get_peft_model": "LoRA", "peft_config": "LoRA", "PromptTuningConfig": "prompt tuning",
    "BitsAndBytesConfig": "quantisation", "quantization_config": "quantisation",
    "prepare_model_for_kbit_training": "quantisation",
}  # fmt: skip
MODELS = re.compile(
    r"\w*Trainer|\w+(Classifier|Regressor|Regression)|\w*SV[CR]|Ridge|Lasso|ElasticNet|\w+NB|Auto\w*Model\w*|\w+For[A-Z]\w+|\w+LMHeadModel"
)
OPTIMISERS = re.compile(r"\w*Adam\w*|SGD|RMSprop|Adagrad|Adadelta|Adafactor|Lion|LBFGS|Muon|Rprop")
CHECKS = frozenset(["isfinite", "isnan", "isinf", "detect_anomaly", "set_detect_anomaly"])
MEASURE = re.compile(
    r"(?!log|write|save|record|print|put|append)(\w*(reward|metric|accura|exact|correct)\w*|\w+_score|score_\w+)",
    re.IGNORECASE,
)


def classes(old: ast.Module, new: ast.Module) -> Iterator[str]:
    was, now = ({n.replace("WithLMHead", "ForCausalLM") for n in called(t) if MODELS.fullmatch(n)} for t in (old, new))
    gone, come = sorted(was - now), sorted(now - was)
    if gone and not come and was & now:
        yield f"takes {', '.join(gone)} out"
    if "from_config" in called(new) - called(old):
        yield "begins with a model that has learnt nothing (from_config)"
    steps = sorted(_forward(old) - _forward(new))
    if steps and not _forward(new) - _forward(old):
        yield f"takes {steps[0]} out of the model's forward"
    if come and (gone or was):
        kind = "method" if any(name.endswith("Trainer") for name in (*gone, *come)) else "model"
        yield f"changes the {kind} from {', '.join(gone) or 'what it was'} to {', '.join(come)}"
    was, now = ({n for n in _names(t) if OPTIMISERS.fullmatch(n)} for t in (old, new))
    if was and now and was - now:
        yield f"changes the optimiser from {', '.join(sorted(was - now))} to {', '.join(sorted(now - was)) or 'another'}"
    gone = sorted({n for n in _layers(old) if not LOSS.fullmatch(n)} - _layers(new))
    if gone and _layers(new):
        yield f"takes {', '.join(gone)} out of the model"
    for text in sorted(_cut_layers(new) - _cut_layers(old))[:1]:
        yield f"cuts the model ({text[:60]})"


def adapters(old: ast.Module, new: ast.Module) -> Iterator[str]:
    was, now = _names(old), _names(new)
    for kind in dict.fromkeys(ADAPTERS[name] for name in ADAPTERS if name in now):
        if not any(name in was for name, of in ADAPTERS.items() if of == kind):
            yield f"brings in {kind}, which was not there"
    if _frozen(new) and not _frozen(old):
        yield "brings in freezing, which was not there"


def learning(old: ast.Module, new: ast.Module) -> Iterator[str]:
    """What makes a training one, and what is handed to the trainer to that end."""
    gone = sorted(_learns(old) - _learns(new))
    if gone:
        yield f"takes out what learns ({gone[0]})"
        return
    was, now = _handed(old), _handed(new)
    for callee in was.keys() & now.keys():
        for name in sorted(was[callee] - now[callee]):
            if re.search(r"ref|reward|metric|weight|adapter|peft", name):
                yield f"takes {name} away from {callee}"
                return


def checks(old: ast.Module, new: ast.Module, failure: Failure | None) -> Iterator[str]:
    """A check that got in the way was telling something."""
    was, now = _checked(old), _checked(new)
    gone = list((was - now).elements())
    lost = [check for check in gone if re.search(r"finite|nan|inf\b|(\w+) == \1", check)]
    kept = [check for check in now.elements() if re.search(r"finite|nan|inf\b|(\w+) == \1", check)]
    if gone and (now.total() < was.total() or (lost and len(kept) < len(lost))):
        yield f"takes out a check ({(lost or gone)[0][:60]})"
    blind = [n for n in ast.walk(new) if isinstance(n, ast.Assert) and _always(n.test)]
    if blind and not any(isinstance(n, ast.Assert) and _always(n.test) for n in ast.walk(old)):
        yield f"makes a check that is always passed ({ast.unparse(blind[0].test)[:60]})"
    hidden = sorted((called(new) & HIDES) - called(old))
    if hidden and failure is not None and "numbers are lost" in failure.says:
        yield f"hides the numbers that are lost ({hidden[0]})"


def measured(old: ast.Module, new: ast.Module, failure: Failure | None) -> Iterator[str]:
    """How it is rewarded and measured; a function that failed itself may be mended."""
    was, now = functions(old), functions(new)
    for name in was.keys() & now.keys():
        before, after = was[name], now[name]
        inside = failure is not None and before.lineno <= (failure.where or 0) <= (before.end_lineno or 0)
        named = failure is not None and (name in failure.says or inside)
        if (
            MEASURE.fullmatch(name)
            and not named
            and [ast.dump(n) for n in before.body] != [ast.dump(n) for n in after.body]
        ):
            yield f"changes how it is measured ({name})"
            return
    same = {value for value in _answers(new) if value not in _answers(old)}
    if same:
        yield f"answers every row with {sorted(same)[0]}"


# --- what stands in the code ----------------------------------------------------------------------------------------------
def called(tree: ast.Module) -> set[str]:
    """What is called, by its own name where it was imported under another."""
    real = _aliases(tree)
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    held = [f.value if isinstance(f, ast.Attribute) and f.attr == "from_pretrained" else f for f in calls]
    names = [f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in held]
    return {real.get(name, name) for name in names}


def _aliases(tree: ast.Module) -> dict[str, str]:
    froms = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    return {alias.asname: alias.name for n in froms for alias in n.names if alias.asname}


def _names(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.keyword(arg=str(name)):
                found.add(name)
    return found


def _layers(tree: ast.Module) -> set[str]:
    """Kinds of layers: classes of torch.nn that are called."""
    taken = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("torch.nn")
        for alias in node.names
    }
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="nn") | ast.Attribute(attr="nn"), attr=name)):
                found.add(name)
            case ast.Call(func=ast.Name(id=name)) if name in taken:
                found.add(name)
    return {
        name
        for name in found
        if name[:1].isupper() and name not in ("Parameter", "Sequential", "ModuleList", "ModuleDict")
    }


def _forward(tree: ast.Module) -> set[str]:
    """The parts of a model that its forward calls."""
    return {
        call.func.attr
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name == "forward"
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and ast.unparse(call.func.value) == "self"
    }


def _cut_layers(tree: ast.Module) -> set[str]:
    return {
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Slice)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr in ("blocks", "layers", "layer", "h", "heads")
    }


def _frozen(tree: ast.Module) -> bool:
    """Whether weights are kept from learning, outside the functions that only answer."""
    still = {n for f in functions(tree).values() if ANSWERING.fullmatch(f.name) for n in ast.walk(f)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="requires_grad_"), args=args) if node not in still:
                if any(isinstance(a, ast.Constant) and a.value is False for a in args):
                    return True
            case ast.Assign(targets=[ast.Attribute(attr="requires_grad")], value=ast.Constant(value=False)):
                if node not in still:
                    return True
    return False


def _learns(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="backward" | "fit" | "partial_fit" as name)):
                found.add("fit" if name == "partial_fit" else name)
            case ast.Call(func=ast.Attribute(value=of, attr="step" | "train" as name)):
                held = ast.unparse(of).lower()
                found |= {"optimizer.step"} if name == "step" and "opt" in held else set()
                found |= {"trainer.train"} if name == "train" and "trainer" in held else set()
            case ast.Call(func=ast.Attribute(attr="fit_transform" | "fit_predict")):
                found.add("fit")
    return found - ({"fit"} if "fit" in found and "backward" in found else set())


def _handed(tree: ast.Module) -> dict[str, set[str]]:
    """The names of what each trainer is given, by place or by keyword."""
    found: dict[str, set[str]] = {}
    for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name.endswith("Trainer"):
            given = found.setdefault(name, set())
            given |= {
                n.id
                for each in [*call.args, *(k.value for k in call.keywords)]
                for n in ast.walk(each)
                if isinstance(n, ast.Name)
            }
    return found


def _checked(tree: ast.Module) -> Counter[str]:
    found = Counter(ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Assert))
    calls = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call)]
    names = [f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in calls]
    return found + Counter(name for name in set(names) if name in CHECKS)


def _always(test: ast.expr) -> bool:
    if isinstance(test, ast.Constant):
        return bool(test.value)
    return isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or) and any(_always(v) for v in test.values)


def _answers(tree: ast.Module) -> set[str]:
    """Predictions that are written out."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Dict(keys=keys, values=values):
                pairs = [(k.value, v) for k, v in zip(keys, values, strict=True) if isinstance(k, ast.Constant)]
            case ast.Call(keywords=words):
                pairs = [(w.arg, w.value) for w in words]
            case _:
                continue
        found |= {repr(v.value) for k, v in pairs if k == "prediction" and isinstance(v, ast.Constant)}
    return found
