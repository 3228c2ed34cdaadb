"""A file on the Hub that is read where it is needed: a parquet footer costs a few kilobytes, not the file."""

from __future__ import annotations

import io

from lab.hub.client import Hub, RepoKind
from lab.hub.trouble import trouble

BLOCK = 1 << 20
"""Bytes of one request: few requests for a footer, little waste for a row."""
MOST = 64 << 20
"""Bytes that one question may fetch of one file; beyond it is a download, not a look."""


class Distant(io.RawIOBase):
    """Read-only, seekable; each block is asked once."""

    def __init__(self, hub: Hub, kind: RepoKind, id: str, sha: str, path: str, size: int) -> None:
        super().__init__()
        self.hub, self.kind, self.id, self.sha, self.path, self.size = hub, kind, id, sha, path, size
        self.blocks: dict[int, bytes] = {}
        self.at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        self.at = max(0, base + offset)
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int | None = -1) -> bytes:
        stop = self.size if size is None or size < 0 else min(self.size, self.at + size)
        start, self.at = self.at, max(self.at, stop)
        if start >= stop:
            return b""
        first, last = start // BLOCK, (stop - 1) // BLOCK
        whole = b"".join(self._block(number) for number in range(first, last + 1))
        return whole[start - first * BLOCK : stop - first * BLOCK]

    def readall(self) -> bytes:
        return self.read(-1)

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        found = self.read(len(view))
        view[: len(found)] = found
        return len(found)

    def _block(self, number: int) -> bytes:
        if number not in self.blocks:
            if (len(self.blocks) + 1) * BLOCK > MOST:
                raise trouble(
                    "unreadable",
                    f"{self.id}: {self.path} needs more than {MOST >> 20} MB for this look: ask for fewer rows",
                )
            start = number * BLOCK
            self.blocks[number] = self.hub.part(
                self.kind, self.id, self.sha, self.path, start, min(self.size, start + BLOCK)
            )
        return self.blocks[number]
