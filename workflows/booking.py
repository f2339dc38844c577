"""Booking, as the workflow hears of it: PostgreSQL has sold a seat, and a call is due."""

from __future__ import annotations

from datetime import datetime, timedelta

from activities.messages import CallDue, Event, Times


def call_due(event: Event, times: Times) -> CallDue:
    """The call of an event ``booked`` or ``moved``; its search begins when its agent begins to prepare."""
    starts_at = datetime.fromisoformat(event.body["starts_at"])
    return CallDue(event.body["call_id"], starts_at, starts_at - timedelta(seconds=times.prepare))
