"""Starts child processes that never outlive their supervisor, optionally with a lower priority."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1

_SESSION = Path("/proc/self/autogroup")
"""The session's niceness; this file exists only if Linux divides CPU time among sessions before processes."""
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(with_signal: signal.Signals = signal.SIGKILL, niceness: int = 0) -> Callable[[], None] | None:
    """For ``preexec_fn``: make Linux send the child this signal when its parent ends, however that happens.

    ``niceness``, from 0 to 19, is how much the child gives way to other processes if CPU time is short.

    Returns None on other systems, where the next `muster up` kills leftover children. Start such children from the main
    thread: Linux sends the signal when the *thread* that started the child ends.
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


def lives(pid: int) -> bool:
    """Whether a process with this id runs; one that has ended and is still listed doesn't."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
