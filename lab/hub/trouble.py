"""What the Hub's client says when something is wrong, told apart and in one line: missing, gated, private, disabled, refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lab.net.web import SourceKind, SourceTrouble
from state.errors import UserError

PASSING = (408, 429, 500, 502, 503, 504)
"""Statuses that are asked again, by whoever paces the questions."""


def trouble(kind: SourceKind, line: str) -> SourceTrouble:
    return SourceTrouble("hub", kind, line)


@contextmanager
def sorted_out(about: str, path: str = "") -> Iterator[None]:
    """Trouble of the repository becomes one line; trouble of the line (a dropped connection, a 503) goes up, to be tried again."""
    import httpx
    from huggingface_hub import errors

    try:
        yield
    except errors.HFValidationError as wrong:
        raise UserError(f"{about!r} is no Hub id: give owner/name") from wrong
    except errors.OfflineModeIsEnabled as wrong:
        raise trouble(
            "offline", f"{about} is on the Hub and this machine is set to offline: unset HF_HUB_OFFLINE"
        ) from wrong
    except errors.HfHubHTTPError as wrong:
        if (status := wrong.response.status_code) in PASSING:
            raise
        raise _refusal(about, path, wrong, status) from wrong
    except (httpx.HTTPError, OSError):
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        said = " ".join(str(wrong).split())[:160]
        raise trouble(
            "unreadable", f"{about}: the Hub answered in a form its client can't read ({said}): try another source"
        ) from wrong


def _refusal(about: str, path: str, wrong: Exception, status: int) -> SourceTrouble:
    from huggingface_hub import errors

    if isinstance(wrong, errors.GatedRepoError):
        return trouble("gated", f"{about} is gated: accept its terms on its Hub page and sign in with `hf auth login`")
    if isinstance(wrong, errors.DisabledRepoError):
        return trouble("refused", f"{about} was disabled by the Hub: nobody can read it; name other data")
    if isinstance(wrong, errors.RevisionNotFoundError):
        return trouble("missing", f"{about} has no such revision: list its branches with hub_files")
    if isinstance(wrong, errors.EntryNotFoundError):
        return trouble("missing", f"{about} has no file {path or 'there'}: list its files")
    if isinstance(wrong, errors.RepositoryNotFoundError):
        return trouble(
            "missing", f"{about} is not on the Hub, or is private: check the name, or sign in with `hf auth login`"
        )
    if status in (401, 403):
        return trouble(
            "refused",
            f"{about}: the Hub refused ({status}): sign in with `hf auth login`, or check what the token may read",
        )
    return trouble("refused", f"{about}: the Hub answered {status}: {' '.join(str(wrong).split())[:160]}")
