"""A directory, rules, the habits of customers and agents, and one way of working: all that a simulation depends on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from rules_dsl import Facts, Ruleset
from rules_dsl.directory import Directory


class Binding(StrEnum):
    """When it is decided who takes a booked call."""

    CALL_TIME = "found at call time"
    BOOKING_TIME = "named when booked"
    """As scheduling tools do: the slot belongs to one person, and is lost if they can't come."""
    BOOKING_TIME_REBOUND = "named when booked, handed over by hand"
    """The same, but at the start of a sick person's shift somebody hands their calls to people who are free."""


@dataclass(frozen=True)
class Habits:
    """How people behave. Shares are between 0 and 1, times in seconds."""

    sick: float = 0.05
    """Share of shifts on which the person calls in sick as it begins."""
    overrun: float = 0.05
    """Share of calls that take ``overrun_factor`` times as long."""
    overrun_factor: float = 2.5
    talk: float = 0.7
    """Median talk as a share of the slot; log-normal with ``talk_spread``."""
    talk_spread: float = 0.3
    no_show: float = 0.06
    """Share of customers who don't come to their booked call."""
    decline: float = 0.05
    """Share of offers that are declined."""
    unanswered: float = 0.02
    """Share of offers that expire."""
    answer: float = 8.0
    """Median time until an offer is answered; log-normal, spread 0.6."""
    patience: int = 10 * 60
    """How long a customer waits for the agent, after the booked hour or in a call now, before they leave."""
    lead: float = 20 * 3600.0
    """Median time between the booking and the hour that the customer wants; log-normal, spread 0.8."""


@dataclass(frozen=True)
class Scenario:
    """What is simulated: ``escalations`` a day on average, ``now_share`` of them for a call now."""

    directory: Directory
    ruleset: Ruleset
    first: date
    days: int
    escalations: float
    facts: tuple[Facts, ...]
    """Facts of tickets, past or generated, from which each arrival draws with equal probability."""
    now_share: float = 0.2
    habits: Habits = Habits()
    binding: Binding = Binding.CALL_TIME
    past: tuple[Arrival, ...] = ()
    """If given, these escalations are replayed instead of random ones."""

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.days - 1)

    def replaying(self, past: tuple[Arrival, ...]) -> Scenario:
        """The same scenario with these escalations, at least one, and their days, from first opening to last call."""
        zone = ZoneInfo(self.directory.time_zone)
        days = [moment.astimezone(zone).date() for one in past for moment in (one.at, one.wanted_at or one.at)]
        return replace(self, past=past, first=min(days), days=(max(days) - min(days)).days + 1)


@dataclass(frozen=True)
class Arrival:
    """One escalation, and everything about its customer that doesn't depend on the way of working."""

    number: int
    at: datetime
    """When it is opened."""
    facts: Facts
    wanted_at: datetime | None
    """The start that the customer wants; None: now."""
    talk: float
    """Length of the talk as a share of the slot."""
    comes: bool
    """Whether the customer comes to their booked call."""
