"""Before a run starts: is the price of every model known, and does it answer? One small call each."""

from __future__ import annotations

import time

from langchain_core.messages import HumanMessage

from lab.model.helm import Helm, need_address
from lab.model.prices import Price, unknown
from lab.model.trouble import NobodyThere, ProviderTrouble
from lab.model.trying import one_try
from lab.model.wire import Wire
from state.errors import EnvironmentTrouble, UserError

QUESTION = "Answer with the word ready."
TOOL = {"type": "function", "function": {"name": "ready", "parameters": {"type": "object", "properties": {}}}}
"""Stages work with tools: a model or a server that takes none is found out now, not at every stage."""
ENOUGH = 64
"""Tokens for one word; fewer, and models that think first are refused or cut off."""
WITHIN = 60.0
"""Seconds; a model of one's own may have to be loaded first."""
WAITS = (2.0,)
"""Seconds between tries: a person waits, and a wrong address is wrong the second time too."""


def need_prices(helm: Helm) -> None:
    """Nothing starts on a price that nobody knows."""
    for model in helm.models:
        if _price(helm, model) is None:
            raise UserError(str(unknown(model)))


def ask_small(helm: Helm, model: str) -> str:
    """One line that says it answers; what is wrong otherwise, and what to do."""
    wire, price = Wire(model, helm.base(model), WITHIN), _price(helm, model)
    need_address(wire.base, wire.setting)
    settings = wire.bound([TOOL], None, {})
    settings |= {} if price is None or price.source == "free" else {"max_tokens": ENOUGH}
    began = time.monotonic()
    for wait in (*WAITS, None):
        try:
            message = one_try(wire, [HumanMessage(QUESTION)], settings, None, then="try again")
        except ProviderTrouble as wrong:
            if wait is None or not wrong.passing or wrong.sent:  # what was lost on the way has taken its time
                if isinstance(wrong, NobodyThere):
                    raise EnvironmentTrouble(str(wrong)) from wrong
                raise EnvironmentTrouble(
                    f"{wrong}; try again later, name another --model, or skip this with --no-probe"
                ) from wrong
            time.sleep(max(wait, min(wrong.after or 0.0, 10.0)))
        else:
            break
    usage = message.usage_metadata
    cost = (
        "" if price is None or usage is None else f", ${price.usd(usage['input_tokens'], usage['output_tokens']):.6f}"
    )
    free = ", free" if price is not None and price.source == "free" else cost
    return f"model {model} answers ({time.monotonic() - began:.1f} s{free})"


def _price(helm: Helm, model: str) -> Price | None:
    return Wire(model, helm.base(model)).price(helm.prices.get(model) or helm.prices.get("*"))
