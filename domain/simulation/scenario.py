"""A desk, its customers' and agents' habits, and one way of working: all that a simulated day depends on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from rules_dsl import Facts, Ruleset
from rules_dsl.directory import Directory


class Binding(StrEnum):
    """When it is settled who takes a booked call."""

    CALL_TIME = "found at call time"
    BOOKING_TIME = "named when booked"
    """A scheduler's way: the slot belongs to one person, and is lost when they can't come."""
    BOOKING_TIME_REBOUND = "named when booked, handed over by hand"
    """The same, and somebody hands a sick person's calls to whoever's calendar is free, at the start of the shift."""


@dataclass(frozen=True)
class Habits:
    """How people behave. Shares are between 0 and 1, times in seconds."""

    sick: float = 0.05
    """Share of shifts whose person calls in sick as it begins."""
    overrun: float = 0.05
    """Share of calls that take ``overrun_factor`` times as long as they would."""
    overrun_factor: float = 2.5
    talk: float = 0.7
    """Median talk as a share of the slot; log-normal with ``talk_spread``."""
    talk_spread: float = 0.3
    no_show: float = 0.06
    """Share of customers who don't come to what they booked."""
    decline: float = 0.05
    """Share of offers declined."""
    unanswered: float = 0.02
    """Share of offers that run out."""
    answer: float = 8.0
    """Median time until an offer is answered; log-normal, spread 0.6."""
    patience: int = 10 * 60
    """How long a customer waits for the agent past the booked hour, or in a call now, before they leave."""
    lead: float = 20 * 3600.0
    """Median time between booking and the hour wished for; log-normal, spread 0.8."""


@dataclass(frozen=True)
class Scenario:
    """What is played. ``escalations`` come a day on average, ``now_share`` of them for a call now."""

    directory: Directory
    ruleset: Ruleset
    first: date
    days: int
    escalations: float
    facts: tuple[Facts, ...]
    """What tickets know, drawn from evenly: those of the past, or made up."""
    now_share: float = 0.2
    habits: Habits = Habits()
    binding: Binding = Binding.CALL_TIME
    past: tuple[Arrival, ...] = ()
    """Where given, these escalations come instead of drawn ones."""

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.days - 1)

    def replaying(self, past: tuple[Arrival, ...]) -> Scenario:
        """The same desk with these escalations, one at least, on their days: from the first opened to the last call."""
        zone = ZoneInfo(self.directory.time_zone)
        days = [moment.astimezone(zone).date() for one in past for moment in (one.at, one.wanted_at or one.at)]
        return replace(self, past=past, first=min(days), days=(max(days) - min(days)).days + 1)


@dataclass(frozen=True)
class Arrival:
    """One escalation, and everything about its customer that doesn't depend on the desk."""

    number: int
    at: datetime
    """When it is opened."""
    facts: Facts
    wanted_at: datetime | None
    """The hour its customer would like; None: now."""
    talk: float
    """Length of the talk as a share of the slot."""
    comes: bool
    """Whether the customer comes to what they booked."""
