"""A follow-up: a customer who gave a low score is to be called back, by people of a title and within a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.failure import Failure
from domain.plan import Plan
from rules_dsl import working_days_after

LONGEST_FOLLOW_UP_NOTE = 2000


@dataclass
class NoCallBack(Failure):
    """A call back is offered after a low score only."""

    title = "This call has no low score"


@dataclass
class NotYourFollowUp(Failure):
    """Only those who have the title that owns it, and managers, may mark it as done."""

    title = "This follow-up belongs to people with another title"


@dataclass
class FollowUpDone(Failure):
    """Somebody else has marked it as done already."""

    title = "Somebody has marked this follow-up as done already"


def due_at(plan: Plan, zone: str, now: datetime) -> datetime:
    """By when a customer who asks now is to be called back. Working days are counted as for bookings, in ``zone``."""
    terms = plan.decision.feedback.follow_up
    if terms.working_days:
        return working_days_after(plan.decision.booking.hours, zone, now, terms.working_days)
    return now + timedelta(seconds=terms.within)
