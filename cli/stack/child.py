"""A child process of the embedded stack, what it still lacks until it is ready, and how its start fails."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cli.stack.postgres import RunAs

SHOWN_LINES = 12
"""How many of the last log lines a failure shows."""


class ChildFailed(Exception):
    """A child ended or didn't become ready while the stack was starting."""

    def __init__(self, name: str, reason: str, log: Path, output: str) -> None:
        self.output = output
        """The end of what the child has logged since it was started."""
        lines = output.splitlines()[-SHOWN_LINES:]
        logged = f"the last lines that it logged since then (see {log}):" if lines else "it has logged nothing"
        super().__init__("\n".join([f"waiting for {name} failed: {reason}; {logged}", *lines]))

    def mentions(self, *messages: str) -> bool:
        """Whether the child logged one of these messages, in whatever letter case."""
        return any(message.casefold() in self.output.casefold() for message in messages)


async def lacks_nothing(_pid: int) -> str | None:
    """For a child that is ready as soon as it runs."""
    return None


@dataclass(frozen=True)
class Child:
    """A process that is kept running."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    lacks: Callable[[int], Awaitable[str | None]] = lacks_nothing
    """What the process with this id still lacks, in words; None once it is ready.

    It must end within seconds, and not take another program's answer for the child's.
    """
    answers: Callable[[], Awaitable[bool]] | None = None
    """A probe; a child that stops answering it hangs, and is killed and replaced. It must end within seconds."""
    stop_signal: signal.Signals = signal.SIGTERM
    last_signal: signal.Signals = signal.SIGKILL
    """Sent if the child hasn't stopped in time."""
    orphan_signal: signal.Signals = signal.SIGKILL
    """Sent by the system if the supervisor is killed."""
    run_as: RunAs = field(default_factory=RunAs)
    niceness: int = 0
    """How much the child gives way to the others if CPU time is short, from 0 to 19."""


def ending(code: int) -> str:
    """How a process with this exit code ended."""
    return f"it ended with status {code}" if code >= 0 else f"it was killed by {signal.Signals(-code).name}"
