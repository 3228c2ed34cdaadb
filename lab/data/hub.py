"""A data set on the Hub; whatever goes wrong there is one line for a person."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from lab.data.columns import Columns
from state.errors import UserError


def read_hub(source: str, cache_dir: Path | None) -> tuple[Columns, str, list[str]]:
    """Columns of the training split of `owner/name[:config]`, the revision they are of, and notes.

    The set's own test split is left alone: the run seals its own.
    """
    import datasets
    from huggingface_hub.errors import HfHubHTTPError

    name, _, config = source.partition(":")
    quieten(datasets)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            builder = datasets.load_dataset_builder(name, config or None, cache_dir=str(cache_dir or scratch))
            builder.download_and_prepare()
            loaded = builder.as_dataset(in_memory=cache_dir is None)
        except (datasets.exceptions.DatasetsError, HfHubHTTPError, OSError, ValueError, RuntimeError) as error:
            raise UserError(_trouble(source, error)) from error
        data, notes = pick_split(loaded)
        return data, f"hub: {source}@{builder.hash}", notes


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
    for name, feature in dataset.features.items():
        values = list(dataset[name])
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
    if "gated" in lower:
        return f"{source} is gated: accept its terms on its Hub page and sign in with `hf auth login`"
    if "doesn't exist" in lower or "cannot be accessed" in lower or "404" in lower:
        return f"{source} is not on the Hub, or is private: check the name, or sign in with `hf auth login`"
    if isinstance(error, ConnectionError) or "connect" in lower or "reach" in lower or "timed out" in lower:
        return f"the Hub can't be reached for {source}: check the network, or give a file"
    if "config" in lower and "missing" in lower:
        return f"{source} has several configurations; choose one as owner/name:config ({said[:200]})"
    return f"{source} can't be read from the Hub: {said[:200]}"
