"""What processes hold and spend, by name: memory shared among them counted once, processor time of the dead too."""

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
    """Megabytes; the proportional share of pages that several processes map (PSS, Linux)."""
    busy: float
    """Processor seconds since its start, of children that have ended too."""


def footprint(pid: int, *, below: bool = True) -> Footprint:
    """Of a process, with all ``below`` it unless told otherwise."""
    memory = busy = 0.0
    above = psutil.Process(pid)
    for one in (above, *(above.children(recursive=True) if below else ())):
        with contextlib.suppress(psutil.NoSuchProcess):
            memory += one.memory_full_info().pss / 1e6
            busy += sum(one.cpu_times()[: 4 if below else 2])
    return Footprint(memory, busy)


def footprints(pids: Mapping[str, int], alone: str = "") -> dict[str, Footprint]:
    """Of each; without its children the one named ``alone``."""
    return {name: footprint(pid, below=name != alone) for name, pid in pids.items()}


def spent(before: Mapping[str, Footprint], after: Mapping[str, Footprint]) -> dict[str, float]:
    """Processor seconds between two looks, by name."""
    return {name: after[name].busy - before[name].busy for name in after}


async def idling(pids: Mapping[str, int], seconds: float, alone: str = "") -> dict[str, float]:
    """The share of one core that each takes while nobody asks anything of it, in per cent."""
    before, began = footprints(pids, alone), time.monotonic()
    await asyncio.sleep(seconds)
    took = time.monotonic() - began
    return {name: busy / took * 100 for name, busy in spent(before, footprints(pids, alone)).items()}
