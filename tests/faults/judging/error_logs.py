"""Finds logged errors that killed processes don't explain."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator
from pathlib import Path

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

EXPECTED_LOG = (
    "canceling statement due to user request",  # a time-out; the caller was asked to try again
    "canceling statement due to lock timeout",  # so was this one
    "canceling statement due to statement timeout",
    "[TMPRL1101]",  # a process without CPU time for two seconds; the workflow's task is tried again
    "context canceled",  # Temporal's caller was killed
    "workflow update was aborted",  # its worker was killed; the sender sends it again
)
MARKS = (" ERROR ", " CRITICAL ", "ERROR:", "PANIC:", "level=ERROR", "level=FATAL", "panic:")
"""Marks of errors in our own logs, PostgreSQL's and Temporal's."""


def log_lines(sizes: dict[Path, int], logs: Path, also_expected: Collection[str] = ()) -> Iterator[str]:
    """Unexplained errors logged since the log files had these ``sizes``.

    ``also_expected`` are parts of errors that the fault explains.
    """
    for path in sorted(logs.glob("*.log")):
        with path.open("rb") as log:
            log.seek(sizes.get(path, 0))
            text = log.read().decode(errors="replace")
        lines = _COLOUR.sub("", text).splitlines()
        for number, line in enumerate(lines):
            if _is_error(line):
                error = f"{line[:300]}{_cause(lines[number + 1 :])}"
                if not any(expected in error for expected in (*EXPECTED_LOG, *also_expected)):
                    yield f"{path.name}: {error}"


def _cause(following: list[str]) -> str:
    """The last line of the traceback that follows an error, if there is one; tracebacks are indented."""
    traceback = [line[4:] for line in itertools.takewhile(lambda line: line.startswith("    "), following)]
    ends = [line for line in traceback if line and not line.startswith((" ", "Traceback"))]
    return f" … {ends[-1][:300]}" if ends else ""


def _is_error(line: str) -> bool:
    return any(mark in line for mark in MARKS)
