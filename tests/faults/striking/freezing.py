"""Stops a stack's processes without ending them."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

from tests.faults.stack import Breakable
from tests.faults.striking.starvation import standing_still


@contextlib.contextmanager
def frozen(stack: Breakable, *names: str) -> Iterator[None]:
    """Stop these children, with all their processes and open connections, until the block ends."""
    with contextlib.ExitStack() as frozen_children:
        for name in names:
            frozen_children.enter_context(standing_still(stack.stack.record.children[name].pid))
        yield


@contextlib.contextmanager
def supervisor_frozen(stack: Breakable) -> Iterator[None]:
    """Whatever is killed in the block is restarted only at its end."""
    os.kill(stack.stack.supervisor.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(stack.stack.supervisor.pid, signal.SIGCONT)
