"""What `muster doctor` finds, and how it waits for an answer: never for long."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    part: str
    ok: bool
    detail: str


def within(seconds: float, part: str, examine: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """What ``examine`` finds, or that ``part`` did not answer in time.

    It runs in a thread that doesn't keep the command from ending.
    """
    found: queue.SimpleQueue[list[Finding] | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            found.put(list(examine()))
        except Exception as error:
            found.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        result = found.get(timeout=seconds)
    except queue.Empty:
        return [Finding(part, False, f"no answer within {seconds:.0f} s: it hangs or is overloaded")]
    if isinstance(result, Exception):
        reason = str(result).strip().partition("\n")[0] or type(result).__name__
        return [Finding(part, False, reason)]
    return result
