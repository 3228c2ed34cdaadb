"""A data set on the Hub; whatever goes wrong there is one line for a person."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from lab.data.columns import Columns
from lab.net.deadline import within
from state.errors import UserError

KNOCK = 12.0
"""Seconds in which a Hub that is there has answered one small question."""


def read_hub(source: str, cache_dir: Path | None) -> tuple[Columns, str, list[str]]:
    """Columns of the training split of `owner/name[:config]`, the revision they are of, and notes.

    The set's own test split is left alone: the run seals its own.
    """
    import datasets
    from huggingface_hub.errors import HfHubHTTPError

    name, _, config = source.partition(":")
    quieten(datasets)
    if cache_dir is None:
        _knock(source, name)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            builder = datasets.load_dataset_builder(name, config or None, cache_dir=str(cache_dir or scratch))
            builder.download_and_prepare()
            loaded = builder.as_dataset(in_memory=cache_dir is None)
        except (datasets.exceptions.DatasetsError, HfHubHTTPError, OSError, ValueError, RuntimeError) as error:
            raise UserError(_trouble(source, error)) from error
        data, notes = pick_split(loaded)
        return data, f"hub: {source}@{builder.hash}", notes


def _knock(source: str, name: str) -> None:
    """One short question before the library's own patience begins: without a network it tries for half a minute."""
    from httpx import HTTPError
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError

    try:
        within(KNOCK, lambda: HfApi().dataset_info(name, timeout=KNOCK / 2))
    except (HTTPError, OSError, HFValidationError) as error:  # a time-out is an OSError, and so is being offline
        raise UserError(_trouble(source, error)) from error


def quieten(datasets: Any) -> None:
    """No bars, no log lines on the terminal: what goes wrong reaches the person as one line of ours."""
    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)


def pick_split(loaded: Any) -> tuple[Columns, list[str]]:
    """Columns of one split: `train`, or the first there is."""
    notes: list[str] = []
    if hasattr(loaded, "keys"):
        names = list(loaded.keys())
        chosen = "train" if "train" in names else names[0]
        if len(names) > 1:
            notes.append(f"used split {chosen}; left alone: {', '.join(name for name in names if name != chosen)}")
        loaded = loaded[chosen]
    return plain(loaded), notes


def plain(dataset: Any) -> Columns:
    """Columns as lists of plain values, class numbers replaced by class names."""
    columns: Columns = {}
    whole = dataset[:]  # at once: each column by its name would copy the names of all the others
    for name, feature in dataset.features.items():
        values = list(whole[name])
        names = getattr(feature, "names", None)
        columns[name] = [_named(value, names) for value in values] if names else values
    return columns


def _named(value: Any, names: list[str]) -> str | None:
    """The class of that number; an unlabelled row (None or -1) has none."""
    return names[value] if value is not None and value >= 0 else None


def _trouble(source: str, error: Exception) -> str:
    """What went wrong, in the order a person would rule it out."""
    said = " ".join(str(error).split())
    lower = said.lower()
    if "offline" in lower:
        return f"{source} is on the Hub and this machine is set to offline: unset HF_HUB_OFFLINE, or give a file"
    if "disabled" in lower:
        return f"{source} was disabled by the Hub: nobody can read it; name other data"
    if _is_missing(error):
        return f"{source} is not on the Hub, or is private: check the name, or sign in with `hf auth login`"
    if "gated" in lower:
        return f"{source} is gated: accept its terms on its Hub page and sign in with `hf auth login`"
    if "doesn't exist" in lower or "cannot be accessed" in lower or "404" in lower:
        return f"{source} is not on the Hub, or is private: check the name, or sign in with `hf auth login`"
    unheard = isinstance(error, ConnectionError | TimeoutError)
    if unheard or any(word in lower for word in ("connect", "reach", "timed out", "errno")):
        return f"the Hub can't be reached for {source}: check the network, or give a file"
    if "config" in lower and "missing" in lower:
        return f"{source} has several configurations; choose one as owner/name:config ({said[:200]})"
    return f"{source} can't be read from the Hub: {said[:200]}"


def _is_missing(error: Exception) -> bool:
    """The client's own kind for it, whose words would speak of gates and of much else."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    return isinstance(error, RepositoryNotFoundError) and not isinstance(error, GatedRepoError)
