"""How a child process is started: it never outlives its supervisor, and gives way to those for whom people wait."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

PR_SET_PDEATHSIG = 1

_SESSION = Path("/proc/self/autogroup")
"""Where Linux shares processor time by session first, the niceness of the session; elsewhere it isn't there."""
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(with_signal: signal.Signals = signal.SIGKILL, niceness: int = 0) -> Callable[[], None] | None:
    """For ``preexec_fn``: have Linux send this signal when the parent is gone, however it went.

    ``niceness`` is how much the child gives way to others where processor time is short: 0, not at all, to 19.

    None where the system has no such promises; there the next `muster up` ends what was left.
    Start such children from the main thread: it is the end of the starting *thread* that counts.
    """
    if _LIBC is None:
        return None
    libc = _LIBC

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
        if niceness:
            os.nice(niceness)
            with contextlib.suppress(OSError):
                _SESSION.write_text(str(niceness))

    return before_exec
