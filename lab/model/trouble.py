"""A provider said no: does it pass by itself, does a person have to act, or is it the question it can't take?"""

from __future__ import annotations

import os
import re

from state.errors import EnvironmentTrouble, PostgradError

NO_KEY = re.compile(
    r"(missing|no|invalid|incorrect) .{0,30}(api.?key|credential)"
    r"|api.?key.{0,20}(not valid|invalid|missing|required|must be set)",
    re.IGNORECASE,
)
NO_CREDIT = re.compile(
    r"insufficient.?(quota|credit|balance|funds)|credit balance|exceeded your current quota(?!.*retry)",
    re.IGNORECASE | re.DOTALL,
)
"""OpenAI says an empty purse with a 429 that no waiting cures; Gemini's same words also say when to retry."""

NO_PROVIDER = "LLM Provider NOT provided"
FLAGGED = re.compile(r"moderation|flagged", re.IGNORECASE)
PREFIX = re.compile(r"^(litellm\.\w+: )?(\w+Error: )?(\w+Exception - )?")
PASSES = (408, 409, 425, 429)


class ProviderTrouble(PostgradError):
    """The model could not be asked. `passing` trouble is worth another try; the rest is for the playbook."""

    def __init__(self, line: str, *, passing: bool) -> None:
        super().__init__(line)
        self.passing = passing


def sort_trouble(wrong: Exception, model: str) -> EnvironmentTrouble | ProviderTrouble:
    """What a provider's exception means for the run."""
    status, said = getattr(wrong, "status_code", None), one_line(str(wrong))
    advice = _for_a_person(status, str(wrong), model)
    if advice:
        return EnvironmentTrouble(f"model {model}: {said}; {advice}, then resume")
    passing = not isinstance(status, int) or status in PASSES or status >= 500
    return ProviderTrouble(f"model {model}: {said}" + (f" (HTTP {status})" if status else ""), passing=passing)


def one_line(text: str, limit: int = 200) -> str:
    """The provider's words without litellm's prefixes, line breaks, or a key that a proxy may echo."""
    line = " ".join(PREFIX.sub("", text.strip()).split())
    for name, secret in os.environ.items():
        if name.endswith(("_KEY", "_TOKEN")) and len(secret) >= 8:
            line = line.replace(secret, f"${name}")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _for_a_person(status: object, said: str, model: str) -> str:
    provider = model.partition("/")[0].upper() if "/" in model else "OPENAI"
    if NO_PROVIDER in said:
        return "write the model as PROVIDER/NAME, as LiteLLM does"
    if status == 402 or NO_CREDIT.search(said):
        return "add credit at the provider or choose another model"
    if status == 401 or (status != 429 and NO_KEY.search(said)):
        return f"set {provider}_API_KEY to a key that is valid"
    if status == 403 and not FLAGGED.search(said):
        return f"get the key in {provider}_API_KEY access to this model or choose another"
    if status == 404:
        return f"check the model's name and {provider}_API_BASE"
    return ""
