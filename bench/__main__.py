"""`make bench` runs every benchmark and writes its table to bench/results/. `python -m bench rules` runs one."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path

from bench import (
    answers,
    call,
    floods,
    growth,
    latency,
    life,
    lives,
    lost,
    proofs,
    rooms,
    rounds,
    rules,
    simulation,
    slot_pages,
    trial,
    waiting,
)
from bench.flock import measure as flock

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    RESULTS.mkdir(exist_ok=True)
    for name in sys.argv[1:] or BENCHMARKS:
        title, measure = BENCHMARKS[name]
        _write(name, title, measure())


def _latency() -> str:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        return f"{asyncio.run(latency.measure(Path(folder)))} {_load()}"


def _answers() -> str:
    return _in_temporary_folder(answers.measure)


def _rooms() -> str:
    return _in_temporary_folder(rooms.measure)


def _call() -> str:
    return _in_temporary_folder(call.measure)


def _lives() -> str:
    return _in_temporary_folder(lives.measure)


def _lost() -> str:
    return _in_temporary_folder(lost.measure)


def _rules() -> str:
    return f"{rules.table()}\n\n{_load()}"


def _proofs() -> str:
    return f"{proofs.table()}\n\n{_load()}"


def _simulation() -> str:
    return f"{simulation.table()}\n\n{_load()}"


def _trial() -> str:
    return f"{trial.table()}\n\n{_load()}"


def _rounds() -> str:
    return f"{rounds.table()}\n\n{_load()}"


def _flock() -> str:
    return f"{flock.table()}\n\n{_load()}"


def _waiting() -> str:
    return f"{waiting.table()}\n\n{_load()}"


def _growth() -> str:
    return f"{growth.table()}\n\n{_load()}"


def _load() -> str:
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end."


def _floods() -> str:
    return _in_temporary_folder(floods.measure)


def _seats() -> str:
    return _in_temporary_folder(slot_pages.selling_table)


def _slots() -> str:
    return _in_temporary_folder(slot_pages.pages_table)


def _offered() -> str:
    return f"{slot_pages.share_table()} {_load()}"


def _in_temporary_folder(measure: Callable[[Path], Coroutine[None, None, str]]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        return f"{asyncio.run(measure(Path(folder)))}\n\n{_load()}"


BENCHMARKS: dict[str, tuple[str, Callable[[], str]]] = {
    "life": ("One escalation in Temporal", life.table),
    "latency": ("How long a person waits for an answer", _latency),
    "answers": ("Commands beside their own SQL", _answers),
    "call": ("A call between two browsers", _call),
    "rules": ("How fast rules decide", _rules),
    "seats": ("The last seats", _seats),
    "slots": ("How long a page of free starts takes", _slots),
    "offered": ("How many of the sellable starts are offered", _offered),
    "rounds": ("How a round matches calls with people", _rounds),
    "flock": ("A flock: 500 calls due in one second", _flock),
    "rooms": ("500 waiting rooms", _rooms),
    "floods": ("A desk beside floods", _floods),
    "waiting": ("What 10,000 waiting escalations cost", _waiting),
    "lives": ("Lives a second", _lives),
    "lost": ("After the loss of Temporal's store", _lost),
    "proofs": ("How long proofs take", _proofs),
    "simulation": ("What finding the person at call time gains", _simulation),
    "growth": ("Ten thousand events and ten million", _growth),
    "trial": ("How long a backtest takes", _trial),
}


def _write(name: str, title: str, table: str) -> None:
    print(f"\n{title}\n{table}")
    (RESULTS / f"{name}.md").write_text(f"# {title}\n\n{table}\n")


if __name__ == "__main__":
    main()
