"""The history that a backtest runs on, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from fractions import Fraction

from rules_dsl.directory import Facts
from rules_dsl.model.decision import CallKind, Decision


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One past escalation, with everything that its decision was based on."""

    id: str
    opened_at: datetime
    facts: Facts
    directory: str
    """The hash of the directory snapshot in force when the escalation was opened."""
    call_at: datetime | None
    """For a call now, the time of opening; otherwise, the last start time booked, or None if there was none."""
    now: bool
    """Whether it was opened as a call now."""


class ChangeKind(IntEnum):
    """How a draft changes the treatment of one escalation: the greatest change that applies."""

    NONE = 0
    MANNER = 1
    """The same people at the same steps, but in a different order or for a different call length."""
    LATER = 2
    """The same people first, but different people later, or the same people at different times."""
    ELSEWHERE = 3
    """Different people first, no call instead of a call, or a call instead of none."""


@dataclass(frozen=True)
class Treatment:
    """What one rule does with an escalation, in the words of the rules."""

    rule: str
    """The rule's name; ``otherwise``; empty if no rule applies."""
    kind: CallKind | None
    """None if no rule applies."""
    whom: str
    """``team "Support" with skill "diesel"``, or the text of ``no call, say``; empty if no rule applies."""


@dataclass(frozen=True)
class PastMove:
    """Escalations that the draft treats differently, for one pair of rules: the one before and the one after."""

    before: Treatment
    after: Treatment
    change: ChangeKind
    count: int
    examples: tuple[PastExample, ...]
    """The newest first."""


@dataclass(frozen=True)
class Candidates:
    """Who might have taken one past call, under one of the two texts."""

    decision: Decision | None
    """None if no rule applies."""
    people: tuple[int, ...]
    """Ids of the people on shift at that time who rank first by directory data alone. Empty if there is no call, or
    nobody is on shift.
    """
    pools: tuple[tuple[int, tuple[int, ...]], ...]
    """For each step, how many seconds into the search it is reached, and the ids of the people who may be asked from
    then on.
    """


@dataclass(frozen=True)
class PastExample:
    entry: HistoryEntry
    before: Candidates
    after: Candidates


@dataclass(frozen=True)
class Load:
    """Expected calls for one title or team; a call is divided equally among those who might have taken it."""

    id: int
    calls: Fraction
    seconds: Fraction
    """The expected total of seconds spent on these calls: preparation, talk and wrap-up, as planned by the rules."""


@dataclass(frozen=True)
class RuleCount:
    treatment: Treatment
    steps: tuple[str, ...]
    """``if nobody in 3 minutes: widen to team "Office"``"""
    count: int


@dataclass(frozen=True)
class Totals:
    """The results under one of the two texts. Each escalation is in exactly one of the four counts."""

    called: int
    """Escalations for which somebody would have been asked."""
    nobody: int
    """Escalations for which a call was allowed, but no step had anybody on shift, or anybody at all."""
    refused: int
    unmatched: int
    titles: tuple[Load, ...]
    """Ordered by title id; their calls add up to ``called``."""
    teams: tuple[Load, ...]
    rules: tuple[RuleCount, ...]
    """In the order of the text, including rules that took no escalation."""

    @property
    def escalations(self) -> int:
        return self.called + self.nobody + self.refused + self.unmatched


@dataclass(frozen=True)
class RulesComparison:
    """A draft compared with the published rules, on the same escalations."""

    before: Totals
    after: Totals
    changes: dict[ChangeKind, int]
    moves: tuple[PastMove, ...]
    """All moves except those of kind ``NONE``: the greatest kind of change first and, within a kind, those with the
    most escalations first.
    """
    first_opened: datetime | None

    @property
    def escalations(self) -> int:
        return self.after.escalations
