"""How a child process is started so that it never outlives its supervisor."""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1

_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(with_signal: signal.Signals = signal.SIGKILL) -> Callable[[], None] | None:
    """For ``preexec_fn``: have Linux send this signal when the parent is gone, however it went.

    None where the system has no such promise; there the next `muster up` ends what was left.
    Start such children from the main thread: it is the end of the starting *thread* that counts.
    """
    if _LIBC is None:
        return None
    libc = _LIBC

    def before_exec() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)

    return before_exec
