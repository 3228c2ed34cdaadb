"""A provider said no: does it pass by itself, does a person have to act, or is it the question it can't take?"""

from __future__ import annotations

import json
import os
import re
import time
from email.utils import parsedate_to_datetime

from state.errors import EnvironmentTrouble, PostgradError

NO_KEY = re.compile(
    r"(missing|no|invalid|incorrect) .{0,30}(api.?key|credential)"
    r"|api.?key.{0,20}(not valid|invalid|missing|required|must be set)",
    re.IGNORECASE,
)
UNSET_KEY = re.compile(
    r"(api_key client option|missing credentials).{0,80}must be set|missing credentials", re.IGNORECASE
)
"""Said by the client library itself, before anything is sent."""
NO_CREDIT = re.compile(
    r"insufficient.?(quota|credit|balance|funds)|credit balance|exceeded your current quota(?!.*retry)",
    re.IGNORECASE | re.DOTALL,
)
"""OpenAI says an empty purse with a 429 that no waiting cures; Gemini's same words also say when to retry."""

NO_PROVIDER = "LLM Provider NOT provided"
FLAGGED = re.compile(r"moderation|flagged|content.?(policy|filter|management)|safety", re.IGNORECASE)
LOST = re.compile(r"peer closed|incomplete|disconnected|reset by peer|timed? ?out|MidStream", re.IGNORECASE)
KEYLIKE = re.compile(
    r"\b(?:sk|pk|rk|hf|gsk|xai|nvapi|pplx|r8|key|ghp|gho|github_pat|glpat|tgp|csk|fw)[-_][\w*.-]{6,}|\bAIza[\w*-]{10,}"
    r"|\beyJ[\w-]{8,}\.[\w.-]+"
    r"|(?i:(?<=key)|(?<=token)|(?<=bearer)|(?<=secret))(?i:\s+(?:provided|given|is|was|value)\b)?[\s:='\"(\[{`]+"
    r"(?=[^\s'\"]*[\d*])[A-Za-z0-9+/_=*.-]{7,}[A-Za-z0-9+/_=*-]"
    r"|(?<=://)[^/\s@:]+:[^/\s@]+(?=@)"
    r"|(?=[A-Za-z+/_=*-]*\d)(?=[\w+/=*-]*[A-Z])(?=[\w+/=*-]*[a-z])\b[\w+/=*-]{32,}",
)
"""What looks like a key: by its beginning, by the word before it, or by its length. Also one shortened with stars."""
MASKED = "[a key]"
PREFIX = re.compile(r"^(?:(?:litellm\.)?\w*(?: ?Error|Exception|Timeout)(?:: | - ))*")
AFTERMATH = re.compile(
    r"\s*(?:Traceback \(most recent|Original exception: |Handle with `|, Received response - |, Original Response: ).*",
    re.DOTALL,
)
"""What LiteLLM adds behind the provider's words."""
PASSES = (408, 409, 425, 429)
HTTP_TROUBLE = 400
"""From here on a status is one; LiteLLM gives a 200 to an answer that it could not read."""


TOO_LONG = re.compile(
    r"context.?length|context.?window|maximum (context|prompt length|model length)|too many (input )?tokens"
    r"|prompt is too long|input is too long|ContextWindowExceeded"
    r"|exceed\w* .{0,40}(context|maximum number of (input )?tokens|token limit)|reduce the length"
    r"|at most \d+ completion tokens|maximum allowed number of output tokens|max_new_tokens",
    re.IGNORECASE,
)
"""How the providers say that a conversation is too long, or leaves no room for the reply that was asked for; OpenAI and vLLM by
code, the others in words."""
SAYS_TOO_LONG = (400, 422, 500)
"""llama.cpp said it with a 500 for years."""
AT_ONCE = re.compile(r"request too large for (gpt|o\d|model|\S+ in organization)", re.IGNORECASE)
"""More tokens than OpenAI or Groq take of this account in a minute: no waiting cures that, and a shorter question does."""
RETRY_IN = re.compile(r"(?:retry|try again) (?:in|after) (?:(\d+) ?m(?:in)?\s*)?(\d+(?:\.\d+)?) ?s", re.IGNORECASE)
"""How Gemini and some others say how long to wait, with no header."""
PAGE = re.compile(r"<(?:!doctype\s+)?html.*", re.IGNORECASE | re.DOTALL)
TITLE = re.compile(r"<title>([^<]+)</title>", re.IGNORECASE)
TOO_LARGE = 413
LONGEST_WAIT = 60.0
"""Seconds: who asks for more patience than this is given up on, and the run says so."""


class ProviderTrouble(PostgradError):
    """The model could not be asked. `passing` trouble is worth another try; the rest is for the playbook."""

    def __init__(
        self,
        line: str,
        *,
        passing: bool,
        after: float | None = None,
        sent: bool = False,
        late: bool = False,
        heard: int = 0,
    ) -> None:
        super().__init__(line)
        self.passing = passing
        self.after = after
        """Seconds the provider asked us to wait."""
        self.late = late
        """The whole time for an answer went by: the same again would most likely take as long."""
        self.sent = sent
        """The question arrived and the answer was lost: it may have been paid."""
        self.heard = heard
        """Pieces of the answer that came before; each is a token at least."""


class Unusable(EnvironmentTrouble):
    """A person has to act before this model can be asked: its key, its credit, its name, its address or its price."""


class NobodyThere(ProviderTrouble):
    """Nothing took the question: no server stands at that address."""

    def __init__(self, line: str) -> None:
        super().__init__(line, passing=True)


class ContextOverflow(ProviderTrouble):
    """The conversation is longer than the model's window: make it shorter and ask again."""

    def __init__(self, line: str) -> None:
        super().__init__(line, passing=False)


class ModelRefused(ProviderTrouble):
    """The model, or its provider's filter, will not answer this; asking again gives the same."""

    def __init__(self, line: str) -> None:
        super().__init__(line, passing=False)


class CallsSpent(PostgradError):
    """The run has asked its model as often as it may; what is left to decide, the playbook decides."""


class BudgetSpent(PostgradError):
    """What is left of the budget does not cover the next question at its worst."""


def sort_trouble(wrong: Exception, model: str, then: str = "resume", where: str = "") -> Unusable | ProviderTrouble:
    """What a provider's exception means for the run. `where`: the setting that says where the model is served."""
    code, text = getattr(wrong, "status_code", None), str(wrong)
    status = code if isinstance(code, int) and code >= HTTP_TROUBLE else None
    said = "it needs a key" if UNSET_KEY.search(text) else one_line(text)
    advice = _for_a_person(status, text, model, where)
    if advice:
        return Unusable(f"model {model}: {said}; {advice}, then {then}")
    line = f"model {model}: {said}" + (f" (HTTP {status})" if status else "")
    if status == TOO_LARGE or (status in SAYS_TOO_LONG and TOO_LONG.search(text)) or AT_ONCE.search(text):
        return ContextOverflow(line)
    if _flagged(wrong, status, text):
        return ModelRefused(line)
    passing = status is None or status in PASSES or status >= 500
    return ProviderTrouble(line, passing=passing, after=_retry_after(wrong), sent=_lost(text))


def _flagged(wrong: Exception, status: object, text: str) -> bool:
    return type(wrong).__name__ == "ContentPolicyViolationError" or (
        status in (400, 403) and bool(FLAGGED.search(text))
    )


def _lost(text: str) -> bool:
    """The connection went in the middle of an answer, or while it was waited for."""
    return bool(LOST.search(text))


def _retry_after(wrong: Exception) -> float | None:
    """What the provider's header asks for, in seconds; a date is read as one."""
    headers = getattr(getattr(wrong, "response", None), "headers", None) or {}
    said = headers.get("retry-after") or (getattr(wrong, "litellm_response_headers", None) or {}).get("retry-after")
    if not said:
        words = RETRY_IN.search(str(wrong))
        return 60.0 * int(words[1] or 0) + float(words[2]) if words else None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except ValueError:
        return None


def one_line(text: str, limit: int = 200) -> str:
    """The provider's words without litellm's prefixes, line breaks, or a key that a proxy may echo."""
    line = " ".join(_words(AFTERMATH.sub("", PREFIX.sub("", text.strip()))).split())
    for name, secret in os.environ.items():
        if name.endswith(("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")) and len(secret) >= 8:
            line = line.replace(secret, f"${name}")
    line = KEYLIKE.sub(lambda found: _masked(found[0]), line)
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _words(text: str) -> str:
    """What is said within a provider's JSON, if that is all there is, or on a page of whatever stands before it."""
    if page := PAGE.search(text):
        title = TITLE.search(page[0])
        return text[: page.start()] + "a web page" + (f": {title[1].strip()}" if title else "")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return text
    for key in ("error", "message", "detail"):
        said = said.get(key, said) if isinstance(said, dict) else said
    return said if isinstance(said, str) and said.strip() else text


def _masked(found: str) -> str:
    """The words that led to a key stay."""
    lead = re.match(r"(?:\s+(?:provided|given|is|was|value)\b)?[\s:='\"(\[{`]+", found, re.IGNORECASE)
    return (lead[0] if lead else "") + MASKED


def _for_a_person(status: object, said: str, model: str, where: str) -> str:
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
        return f"check the model's name and {where or f'{provider}_API_BASE'}"
    return ""
