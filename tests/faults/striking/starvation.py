"""Stops processes, or lets them run for a small share of the time only, by SIGSTOP and SIGCONT."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path

import psutil

PERIOD = 1.0
"""Seconds in which a starved process runs once."""


def with_children(pid: int) -> list[psutil.Process]:
    """This process and all that it has started."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def postmaster_of(folder: Path) -> int:
    """The process id of the PostgreSQL server whose data is in this folder."""
    return int((folder / "postmaster.pid").read_text().partition("\n")[0])


@contextlib.contextmanager
def standing_still(pid: int) -> Iterator[None]:
    """The process and its children stand still: their connections stay open, and nothing answers on them."""
    stopped = with_children(pid)
    _each(stopped, psutil.Process.suspend)
    try:
        yield
    finally:
        _each(stopped, psutil.Process.resume)


@contextlib.asynccontextmanager
async def starved(pid: int, share: float = 0.05) -> AsyncIterator[None]:
    """The process and its children run for ``share`` of each ``PERIOD`` only, as on a machine that is far too busy.

    Run by a task on the event loop, so don't block the loop meanwhile.
    """
    victims = with_children(pid)
    cycling = asyncio.create_task(_cycle(victims, share))
    try:
        yield
    finally:
        cycling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await cycling
        _each(victims, psutil.Process.resume)


async def _cycle(victims: list[psutil.Process], share: float) -> None:
    while True:
        _each(victims, psutil.Process.suspend)
        await asyncio.sleep(PERIOD * (1 - share))
        _each(victims, psutil.Process.resume)
        await asyncio.sleep(PERIOD * share)


def _each(processes: Iterable[psutil.Process], act: Callable[[psutil.Process], None]) -> None:
    for process in processes:
        # It may have ended.
        with contextlib.suppress(psutil.NoSuchProcess):
            act(process)
