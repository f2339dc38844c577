"""Memory and CPU time of processes, by name: shared memory counted once, CPU time including ended children."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Footprint:
    memory: float
    """Megabytes; pages mapped by several processes count proportionally (PSS, Linux)."""
    busy: float
    """CPU seconds since the start, including ended children."""


def footprint(pid: int, *, children: bool = True) -> Footprint:
    """The footprint of a process, with its ``children`` or without."""
    memory = busy = 0.0
    parent = psutil.Process(pid)
    for process in (parent, *(parent.children(recursive=True) if children else ())):
        with contextlib.suppress(psutil.NoSuchProcess):
            memory += process.memory_full_info().pss / 1e6
            busy += sum(process.cpu_times()[: 4 if children else 2])
    return Footprint(memory, busy)


def footprints(pids: Mapping[str, int], alone: str = "") -> dict[str, Footprint]:
    """The footprint of each process with its children; of the one named ``alone`` without them."""
    return {name: footprint(pid, children=name != alone) for name, pid in pids.items()}


def spent(before: Mapping[str, Footprint], after: Mapping[str, Footprint]) -> dict[str, float]:
    """CPU seconds between two footprints, by name."""
    return {name: after[name].busy - before[name].busy for name in after}


async def idling(pids: Mapping[str, int], seconds: float, alone: str = "") -> dict[str, float]:
    """Idle CPU of each process during ``seconds``, in per cent of one core."""
    before, began = footprints(pids, alone), time.monotonic()
    await asyncio.sleep(seconds)
    took = time.monotonic() - began
    return {name: busy / took * 100 for name, busy in spent(before, footprints(pids, alone)).items()}
