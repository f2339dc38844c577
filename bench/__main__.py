"""`make bench`: run every benchmark and write its table into bench/results/. `python -m bench rules` runs one."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path

from bench import latency, life, proofs, rounds, rules, simulation, slot_pages, trial, waiting
from bench.flock import measure as flock

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    RESULTS.mkdir(exist_ok=True)
    for name in sys.argv[1:] or BENCHMARKS:
        title, measure = BENCHMARKS[name]
        _keep(name, title, measure())


def _latency() -> str:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        return f"{asyncio.run(latency.measure(Path(folder)))} {_busy()}"


def _rules() -> str:
    return f"{rules.table()}\n\n{_busy()}"


def _proofs() -> str:
    return f"{proofs.table()}\n\n{_busy()}"


def _simulation() -> str:
    return f"{simulation.table()}\n\n{_busy()}"


def _trial() -> str:
    return f"{trial.table()}\n\n{_busy()}"


def _rounds() -> str:
    return f"{rounds.table()}\n\n{_busy()}"


def _flock() -> str:
    return f"{flock.table()}\n\n{_busy()}"


def _waiting() -> str:
    return f"{waiting.table()}\n\n{_busy()}"


def _busy() -> str:
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end."


def _seats() -> str:
    return _in_a_folder(slot_pages.selling_table)


def _slots() -> str:
    return _in_a_folder(slot_pages.pages_table)


def _offered() -> str:
    return f"{slot_pages.share_table()} {_busy()}"


def _in_a_folder(measure: Callable[[Path], Coroutine[None, None, str]]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        return f"{asyncio.run(measure(Path(folder)))}\n\n{_busy()}"


BENCHMARKS: dict[str, tuple[str, Callable[[], str]]] = {
    "life": ("One life in Temporal", life.table),
    "latency": ("How long a person waits for yes", _latency),
    "rules": ("How fast rules decide", _rules),
    "seats": ("The last seats", _seats),
    "slots": ("How long a page of free starts takes", _slots),
    "offered": ("How much of what can be sold is offered", _offered),
    "rounds": ("How a round chooses", _rounds),
    "flock": ("A flock: 500 calls due in one second", _flock),
    "waiting": ("What 10,000 waiting escalations take", _waiting),
    "proofs": ("How long proofs take", _proofs),
    "simulation": ("What finding the person at call time buys", _simulation),
    "trial": ("How long a draft takes on the past", _trial),
}


def _keep(name: str, title: str, table: str) -> None:
    print(f"\n{title}\n{table}")
    (RESULTS / f"{name}.md").write_text(f"# {title}\n\n{table}\n")


if __name__ == "__main__":
    main()
