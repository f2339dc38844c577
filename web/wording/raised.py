"""What the page of an escalation says to whoever raised it: where it is, and whether the link was mailed. Pure."""

from __future__ import annotations

from datetime import datetime

from database.stores.escalations.raised import RaisedEscalation
from domain.escalation import State
from domain.rounds.waiting_line import nobody_there
from web.wording import times


def raised_words(raised: RaisedEscalation, zone: str, now: datetime) -> str:
    """Where the escalation is and what happens next, as sentences."""
    match raised.state:
        case State.INVITED:
            return _invited(raised, now)
        case State.BOOKED if raised.starts_at is not None:
            when = times.start_when(raised.starts_at, zone)
            return f"{when}. Whoever is free and has the right skills at that time is asked to take the call."
        case State.MUSTERING:
            waits = f" {raised.customer_name} can wait on the page linked below." if raised.is_now else ""
            return _search(raised) + waits
        case State.ACCEPTED:
            return "Somebody has taken the call."
        case State.ON_CALL:
            return "Somebody has taken the call, and it has begun."
        case State.WRAPPING_UP:
            return "The call has ended, and is being wrapped up."
        case State.REFUSED:
            decision = raised.plan.decision
            return f"Rule “{decision.rule}”: {decision.refusal or 'a booked call only'}"
        case _:
            return f"Last changed {times.when(raised.updated_at, zone)}."


def mailed_words(raised: RaisedEscalation) -> str:
    """What became of the mail with the link; empty if there was none."""
    address = raised.customer_email
    return {
        "sent": f"It was also emailed to {address}.",
        "queued": f"It is also being emailed to {address}.",
        "failed": f"It could not be emailed to {address}.",
    }.get(raised.mailed or "", "")


def _invited(raised: RaisedEscalation, now: datetime) -> str:
    if raised.link_expires_at is not None and raised.link_expires_at <= now:
        return f"The link has expired, and {raised.customer_name} has not booked with it."
    again = f"{raised.customer_name} has a new link, and can pick another time."
    if raised.call_state == "unserved":
        return f"Nobody was available for the call. {again}"
    if raised.call_state == "missed":
        return f"{raised.customer_name} did not come to the call. {again}"
    return f"{raised.customer_name} can pick a time with the link below. There is nothing more for you to do."


def _search(raised: RaisedEscalation) -> str:
    if raised.call_state == "offered":
        return "Somebody is being asked to take the call right now."
    if raised.call_state == "unserved":
        return "Nobody was available for the call."
    if nobody_there(raised.call_place, raised.call_estimate):
        return "Nobody who could take the call is at their desk right now. The search goes on."
    return "The search for a person is under way."
