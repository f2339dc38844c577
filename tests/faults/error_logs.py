"""Finds logged errors that killed processes don't explain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

EXPECTED_LOG = (
    "canceling statement due to user request",  # a time-out; the caller was asked to try again
    "context canceled",  # Temporal's caller was killed
    "workflow update was aborted",  # its worker was killed; the sender sends it again
)
MARKS = (" ERROR ", " CRITICAL ", "ERROR:", "PANIC:", "level=ERROR", "level=FATAL", "panic:")
"""Marks of errors in our own logs, PostgreSQL's and Temporal's."""


def log_lines(sizes: dict[Path, int], logs: Path) -> Iterator[str]:
    """Unexplained error lines logged since the log files had these ``sizes``."""
    for path in sorted(logs.glob("*.log")):
        with path.open("rb") as log:
            log.seek(sizes.get(path, 0))
            text = log.read().decode(errors="replace")
        for line in _COLOUR.sub("", text).splitlines():
            if _is_error(line) and not any(expected in line for expected in EXPECTED_LOG):
                yield f"{path.name}: {line[:300]}"


def _is_error(line: str) -> bool:
    return any(mark in line for mark in MARKS)
