"""Following references inside the library; only links that were seen are there to follow."""

from collections.abc import Sequence

from lab.papers.library import Entry, find_entry, load_library


def related(entry_id: str, entries: Sequence[Entry] | None = None) -> list[str]:
    """Ids it cites or rests on, then ids that cite it or rest on it; each once."""
    read = load_library() if entries is None else entries
    entry = find_entry(entry_id, read)
    outward = [*entry.cites, *(source for source in entry.based_on if not source.startswith("measured:"))]
    inward = [other.id for other in read if entry_id in other.cites or entry_id in other.based_on]
    return [other for other in dict.fromkeys([*outward, *inward]) if other != entry_id]
