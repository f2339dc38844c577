"""A directory, rules, customers' and agents' habits, and one way of working: everything a simulation depends on."""

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
    """As in scheduling tools: the slot belongs to one person, and is lost if they can't make it."""
    BOOKING_TIME_REBOUND = "named when booked, handed over by hand"
    """The same, but at the start of a sick person's shift, that person's calls are given to people who are free."""


@dataclass(frozen=True)
class Habits:
    """How people behave. Shares are between 0 and 1, and times are in seconds."""

    sick: float = 0.05
    """Share of shifts for which the person calls in sick as the shift begins."""
    overrun: float = 0.05
    """Share of calls that take ``overrun_factor`` times as long."""
    overrun_factor: float = 2.5
    talk: float = 0.7
    """Median talk time as a share of the slot; log-normal, with spread ``talk_spread``."""
    talk_spread: float = 0.3
    no_show: float = 0.06
    """Share of customers who don't join their booked call."""
    decline: float = 0.05
    """Share of offers that are declined."""
    unanswered: float = 0.02
    """Share of offers that expire."""
    answer: float = 8.0
    """Median time until an offer is answered; log-normal, with spread 0.6."""
    patience: int = 10 * 60
    """How long a customer waits for the agent, from the booked start time or the request for a call now."""
    lead: float = 20 * 3600.0
    """Median time between the booking and the start time that the customer wants; log-normal, with spread 0.8."""


@dataclass(frozen=True)
class Scenario:
    """What is simulated.

    ``escalations`` is the average per day, and ``now_share`` is the share of them that ask for a call now.
    """

    directory: Directory
    ruleset: Ruleset
    first: date
    days: int
    escalations: float
    facts: tuple[Facts, ...]
    """Ticket facts, past or generated, from which each arrival draws with equal probability."""
    now_share: float = 0.2
    habits: Habits = Habits()
    binding: Binding = Binding.CALL_TIME
    past: tuple[Arrival, ...] = ()
    """If given, these escalations are replayed instead of random ones."""

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.days - 1)

    def replaying(self, past: tuple[Arrival, ...]) -> Scenario:
        """The same scenario, but replaying these escalations, of which there must be at least one.

        The days run from the first opening to the last call.
        """
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
    """The start time that the customer wants; None for a call now."""
    talk: float
    """Talk time as a share of the slot."""
    comes: bool
    """Whether the customer joins their booked call."""
