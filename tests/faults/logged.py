"""Errors that were logged and that the death of a neighbour doesn't explain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

EXPECTED_LOG = (
    "canceling statement due to user request",  # somebody's patience ended; they were told to try again
    "context canceled",  # whoever had asked Temporal is dead
    "workflow update was aborted",  # the worker that had it is dead; whoever sent it sends it again
)
MARKS = (" ERROR ", " CRITICAL ", "ERROR:", "PANIC:", "level=ERROR", "level=FATAL", "panic:")
"""Of our own logs, PostgreSQL's and Temporal's."""


def log_lines(sizes: dict[Path, int], logs: Path) -> Iterator[str]:
    """Lines of errors that were logged since ``sizes`` were taken, and that a death of a neighbour doesn't explain."""
    for path in sorted(logs.glob("*.log")):
        with path.open("rb") as log:
            log.seek(sizes.get(path, 0))
            text = log.read().decode(errors="replace")
        for line in _COLOUR.sub("", text).splitlines():
            if _is_error(line) and not any(known in line for known in EXPECTED_LOG):
                yield f"{path.name}: {line[:300]}"


def _is_error(line: str) -> bool:
    return any(mark in line for mark in MARKS)
