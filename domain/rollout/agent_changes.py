"""What new rules change for each agent: which tickets they may be asked about, and how calls are offered. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from rules_dsl import Change, Directory, PeopleMasks, Ruleset

LINES_AT_MOST = 12
"""Lines for one agent; the rest are counted."""
_CONCERN_AGENTS = ("limits: ", "calls: ", "reminders: the agent")
"""How the settings begin that concern agents rather than customers."""


@dataclass(frozen=True)
class _Asked:
    """Whom a rule may ask."""

    first: frozenset[int] = frozenset()
    ever: frozenset[int] = frozenset()
    """At any step of the search."""


def changes_by_agent(
    before: Ruleset, after: Ruleset, directory: Directory, change: Change | None
) -> dict[int, tuple[str, ...]]:
    """A few sentences for each agent for whom something changes, keyed by person.

    ``change`` is what ``compare_rules`` found; without it, only whom each rule asks is compared.
    """
    change = change or Change((), (), (), complete=False)
    old, new = _asked(before, directory), _asked(after, directory)
    lines: defaultdict[int, list[str]] = defaultdict(list)
    # Which tickets a new rule takes from others is said below, unless that was too much to compute.
    names = old.keys() & new.keys() if change.complete else old.keys() | new.keys()
    for name in sorted(names):
        _compare(name, old.get(name, _Asked()), new.get(name, _Asked()), lines)
    for move in change.moves:
        was, now = old.get(move.before, _Asked()).ever, new.get(move.after, _Asked()).ever
        where = "; or ".join(region.where for region in move.regions)
        for person in sorted(now - was):
            lines[person].append(f"You may now be asked about these tickets: {where}.")
        for person in sorted(was - now):
            lines[person].append(f"You are no longer asked about these tickets: {where}.")
    settings = [f"For everybody: {line}." for line in change.settings if line.startswith(_CONCERN_AGENTS)]
    agents = (person.id for person in directory.people if not person.roles or "agent" in person.roles)
    return {person: _cut([*lines[person], *settings]) for person in agents if lines[person] or settings}


def _asked(ruleset: Ruleset, directory: Directory) -> Mapping[str, _Asked]:
    masks = PeopleMasks(directory)

    def people(mask: int) -> frozenset[int]:
        return frozenset(person.id for _, person in masks.each(mask))

    asked = {}
    for rule in ruleset.rules:
        decision = ruleset.outcome_of(rule)
        ever = masks.members(decision, len(decision.steps))
        asked[rule.name] = _Asked(people(masks.members(decision, 0)), people(ever))
    return asked


def _compare(name: str, old: _Asked, new: _Asked, lines: Mapping[int, list[str]]) -> None:
    for person in sorted(new.ever - old.ever):
        how = "asks you" if person in new.first else "asks you if nobody else takes a call"
        lines[person].append(f"Rule “{name}” now {how}.")
    for person in sorted(old.ever - new.ever):
        lines[person].append(f"Rule “{name}” no longer asks you.")
    for person in sorted(old.ever & new.ever & (old.first ^ new.first)):
        when = "from the start" if person in new.first else "only if nobody else takes a call"
        lines[person].append(f"Rule “{name}” now asks you {when}.")


def _cut(lines: list[str]) -> tuple[str, ...]:
    rest = len(lines) - LINES_AT_MOST
    return (*lines[:LINES_AT_MOST], f"And {rest} more changes.") if rest > 0 else tuple(lines)
