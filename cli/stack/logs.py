"""Log files of child processes: written by the supervisor from pipes, and rotated by size.

A child can't be told to reopen its log, and truncating the file under it would lose lines. So a child writes to a
pipe, and the supervisor is the only one who has the file open.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

CHUNK = 65536
"""Maximum bytes to read at a time."""
TAIL = 8192
"""How many of the last bytes of each process are remembered."""


@dataclass(frozen=True)
class LogLimits:
    most_bytes: int = 20 * 2**20
    """Size at which a file is rotated; it may exceed this by its last line."""
    files: int = 5
    """Maximum number of files per child, including the current one."""


class RotatingLog:
    """The log of one child: ``NAME.log``, and older files ``NAME.log.1`` (the newest), ``NAME.log.2`` and so on."""

    def __init__(self, path: Path, limits: LogLimits) -> None:
        self._path = path
        self._limits = limits
        self._missing = 0
        """Bytes that could not be written, because the disk was full."""

    def write(self, chunk: bytes) -> None:
        """Append the bytes. Files change only between lines. Never raises: a full disk must not stop the children."""
        try:
            if self._missing:
                self._append(b"muster: %d bytes of this log could not be written\n" % self._missing)
                self._missing = 0
            while chunk:
                chunk = self._append(chunk)
        except OSError:
            self._missing += len(chunk)

    def _append(self, chunk: bytes) -> bytes:
        """Append as much as fits into the file, and rotate it if it is full; returns the rest."""
        with self._path.open("ab") as file:
            room = self._limits.most_bytes - file.tell()
            end = chunk.find(b"\n", max(room - 1, 0)) + 1
            file.write(chunk[: end or len(chunk)])
        if not end:
            return b""
        self._rotate()
        return chunk[end:]

    def _rotate(self) -> None:
        names = [self._path, *(Path(f"{self._path}.{nth}") for nth in range(1, self._limits.files))]
        names[-1].unlink(missing_ok=True)
        for newer, older in reversed(list(pairwise(names))):
            if newer.exists():
                newer.rename(older)


class LogPipe:
    """A pipe from one child to its log. Ends when the child and all of its descendants have closed it."""

    def __init__(self, log: RotatingLog) -> None:
        self._log = log
        self._source, self.sink = os.pipe()
        """``sink``: the end for the child; the supervisor closes its own copy."""
        os.set_blocking(self._source, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._source, self._read)
        self.ended = asyncio.Event()
        self._tail = b""

    @property
    def tail(self) -> str:
        """The end of what came through this pipe: unlike the end of the log, it has nothing from earlier processes."""
        return self._tail.decode(errors="replace")

    def close(self) -> None:
        """Stop reading; what the child writes afterwards is lost."""
        if not self.ended.is_set():
            self._loop.remove_reader(self._source)
            os.close(self._source)
            self.ended.set()

    def _read(self) -> None:
        try:
            chunk = os.read(self._source, CHUNK)
        except BlockingIOError:
            return
        if chunk:
            self._tail = (self._tail + chunk)[-TAIL:]
            self._log.write(chunk)
        else:
            self.close()
