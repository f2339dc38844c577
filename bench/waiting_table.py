"""How the figures of waiting are told."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    """Of one process and its children."""

    memory_before: float
    memory_with: float
    """Megabytes."""
    idle_before: float
    idle_with: float
    """Per cent of one core."""
    starting: float
    """Processor seconds for starting all of them."""


@dataclass(frozen=True)
class Started:
    answered: float
    """Seconds until the last opening, or start, had its answer."""
    standing: float
    """Seconds until the last workflow had set its timer."""


@dataclass(frozen=True)
class Waiting:
    count: int
    idle: float
    costs: Mapping[str, Costs]
    ours: Started
    bare: Started
    mail_took: float
    """Seconds that the letters took beyond the last workflow's standing."""
    disk: Mapping[str, float]
    """Megabytes added, by what keeps them."""
    alone: Mapping[str, Sequence[float]]
    among: Mapping[str, Sequence[float]]
    """Milliseconds of updates, by kind, before the others stood and among them."""


def tables(found: Waiting) -> str:
    """Markdown."""
    return "\n".join([*_starting(found), "", *_processes(found), "", *_updates(found), "", _told(found)])


def _starting(found: Waiting) -> list[str]:
    rate = found.count / found.bare.standing
    rows = [
        f"| {found.count:,} started | answered, a second | standing, a second | beside bare | kB on disk each |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    kept = {"ours": found.disk["temporal"] + found.disk["postgres"], "bare": found.disk["bare temporal"]}
    for name, started, size in (
        ("escalations: decided by rules, link, letter, workflow", found.ours, kept["ours"]),
        ("bare workflows of one timer", found.bare, kept["bare"]),
    ):
        standing = found.count / started.standing
        rows.append(
            f"| {name} | {found.count / started.answered:.0f} | {standing:.0f} | {standing / rate:.2f} "
            f"| {size * 1000 / found.count:.1f} |"
        )
    return rows


def _processes(found: Waiting) -> list[str]:
    rows = [
        f"| process | memory before, MB | with {found.count:,} | more, kB each "
        f"| idle before, % of a core | with {found.count:,} | processor ms to start one |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, members in PARTS.items():
        parts = [found.costs[member] for member in members]
        before, after = sum(one.memory_before for one in parts), sum(one.memory_with for one in parts)
        idle_before, idle_with = sum(one.idle_before for one in parts), sum(one.idle_with for one in parts)
        starting = sum(one.starting for one in parts) * 1000 / found.count
        rows.append(
            f"| {name} | {before:.0f} | {after:.0f} | {(after - before) * 1000 / found.count:.1f} "
            f"| {idle_before:.1f} | {idle_with:.1f} | {starting:.1f} |"
        )
    return rows


def _updates(found: Waiting) -> list[str]:
    rows = [
        f"| one at a time | alone p50 / p99, ms | among {found.count:,} p50 / p99, ms | p50 among beside alone |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, values in found.among.items():
        p50, p99 = percentiles(found.alone[name])
        among50, among99 = percentiles(values)
        rows.append(f"| {name} | {p50:.0f} / {p99:.0f} | {among50:.0f} / {among99:.0f} | {among50 / p50:.2f} |")
    return rows


def _told(found: Waiting) -> str:
    alone, among = (len(one["booking"]) for one in (found.alone, found.among))
    return (
        f"Memory is PSS, pages shared among processes counted once. Idle over {found.idle:.0f} s, both in the same "
        f"seconds. The last letter was out {found.mail_took:.1f} s after the last workflow stood; its processor time "
        f"counts. Updates: {alone} of each before, {among} among the others, spread over all; a worker keeps 1,000 "
        "workflows in memory and reads the others from their history."
    )


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    """The median, and what 99 in 100 stay under."""
    ordered = sorted(values)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
