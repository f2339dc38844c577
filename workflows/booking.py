"""Booking, as seen by the workflow: PostgreSQL has sold a seat, so there is a call to serve."""

from __future__ import annotations

from datetime import datetime, timedelta

from activities.messages import CallDue, Event, Times


def call_due(event: Event, times: Times) -> CallDue:
    """The call in a ``booked`` or ``moved`` event; the search begins when its agent should begin to prepare."""
    starts_at = datetime.fromisoformat(event.body["starts_at"])
    return CallDue(event.body["call_id"], starts_at, starts_at - timedelta(seconds=times.prepare))
