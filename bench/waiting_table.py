"""The tables of the waiting benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.stack import percentiles

PARTS: Mapping[str, tuple[str, ...]] = {
    "worker": ("worker",),
    "web": ("web",),
    "two tickers": ("ticker-1", "ticker-2"),
    "mailbox and supervisor": ("mailbox", "supervisor"),
    "Temporal": ("temporal",),
    "PostgreSQL": ("postgres",),
    "**Muster, all of it**": ("worker", "web", "ticker-1", "ticker-2", "mailbox", "supervisor", "temporal", "postgres"),
    "bare: its worker": ("bare worker",),
    "bare: its Temporal": ("bare temporal",),
    "**bare, both**": ("bare worker", "bare temporal"),
}


@dataclass(frozen=True)
class Costs:
    """The costs of one process and its children."""

    memory_before: float
    memory_with: float
    """Megabytes."""
    idle_before: float
    idle_with: float
    """Per cent of one core."""
    starting: float
    """CPU seconds for starting all of them."""


@dataclass(frozen=True)
class Started:
    count: int
    """Started by the last run."""
    answered: float
    """Seconds until the last opening, or start, was answered."""
    waiting: float
    """Seconds until the last workflow had set its timer."""
    mail_took: float
    """Seconds from the last workflow's timer to the last letter."""
    busy: Mapping[str, float]
    """CPU seconds meanwhile, by process."""


@dataclass(frozen=True)
class Waiting:
    count: int
    idle: float
    costs: Mapping[str, Costs]
    ours: Started
    bare: Started
    disk: Mapping[str, float]
    """Megabytes added, by server."""
    alone: Mapping[str, Sequence[float]]
    among: Mapping[str, Sequence[float]]
    """Milliseconds of updates, by kind: without the waiting escalations, and with them."""


def tables(results: Waiting) -> str:
    """Markdown."""
    return "\n".join([*_starting(results), "", *_processes(results), "", *_updates(results), "", _notes(results)])


def _starting(results: Waiting) -> list[str]:
    rate = results.bare.count / results.bare.waiting
    rows = [
        f"| {results.count:,} started | answered per second | waiting per second | ratio to bare | kB on disk each |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    disk = {"ours": results.disk["temporal"] + results.disk["postgres"], "bare": results.disk["bare temporal"]}
    for name, started, size in (
        ("escalations: decided by rules, link, letter, workflow", results.ours, disk["ours"]),
        ("bare workflows with one timer", results.bare, disk["bare"]),
    ):
        per_second = started.count / started.waiting
        rows.append(
            f"| {name} | {started.count / started.answered:.0f} | {per_second:.0f} | {per_second / rate:.2f} "
            f"| {size * 1000 / results.count:.1f} |"
        )
    return rows


def _processes(results: Waiting) -> list[str]:
    rows = [
        f"| process | memory before, MB | with {results.count:,} | more, kB each "
        f"| idle before, % of a core | with {results.count:,} | CPU ms to start one |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, members in PARTS.items():
        parts = [results.costs[member] for member in members]
        before, after = sum(part.memory_before for part in parts), sum(part.memory_with for part in parts)
        idle_before, idle_with = sum(part.idle_before for part in parts), sum(part.idle_with for part in parts)
        starting = sum(part.starting for part in parts) * 1000 / results.ours.count
        rows.append(
            f"| {name} | {before:.0f} | {after:.0f} | {(after - before) * 1000 / results.count:.1f} "
            f"| {idle_before:.1f} | {idle_with:.1f} | {starting:.1f} |"
        )
    return rows


def _updates(results: Waiting) -> list[str]:
    rows = [
        f"| one at a time | alone p50 / p99, ms | among {results.count:,} p50 / p99, ms | ratio of p50 |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, values in results.among.items():
        p50, p99 = percentiles(results.alone[name])
        among50, among99 = percentiles(values)
        rows.append(f"| {name} | {p50:.0f} / {p99:.0f} | {among50:.0f} / {among99:.0f} | {among50 / p50:.2f} |")
    return rows


def _notes(results: Waiting) -> str:
    alone, among = (len(one["booking"]) for one in (results.alone, results.among))
    return (
        f"Memory is PSS, which counts shared pages once. Idle over {results.idle:.0f} s, both in the same seconds. "
        f"The last letter was sent {results.ours.mail_took:.1f} s after the last workflow set its timer; its CPU time "
        f"counts. Updates: {alone} of each before, {among} among the others, spread over all; a worker keeps 1,000 "
        "workflows in memory and reads the others from their history."
    )
