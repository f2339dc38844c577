"""The customer's stage, derived from the rows: which page their link currently shows. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from database.stores.customer_link import LinkPage
from domain.escalation import Outcome, State


class CustomerStage(StrEnum):
    BOOK = "book"
    BOOKED = "booked"
    """Before the search for a person."""
    FINDING = "finding"
    ASKING = "asking"
    """Somebody has an offer."""
    READY = "ready"
    """A person has taken the call."""
    ON_CALL = "on_call"
    OVER = "over"
    EXPIRED = "expired"
    REPLACED = "replaced"
    """The customer has a newer link."""
    NOT_SERVED = "not_served"
    """Nobody could take the call, or the customer didn't join. Whether they were told is in ``LinkPage.after``."""
    CANCELLED = "cancelled"
    """By the customer."""
    WITHDRAWN = "withdrawn"
    """By staff, the API or the help desk."""


WAITING_ROOM = frozenset({CustomerStage.FINDING, CustomerStage.ASKING, CustomerStage.READY, CustomerStage.ON_CALL})
LIVE = WAITING_ROOM | {CustomerStage.BOOKED}
"""Stages whose page updates itself while it is open."""
CANCELLABLE = frozenset({CustomerStage.BOOKED, CustomerStage.FINDING, CustomerStage.ASKING, CustomerStage.READY})
GOES_ON = frozenset({CustomerStage.OVER, CustomerStage.NOT_SERVED})
"""Ends after which the page still changes: it asks for a rating, or leads on to another time."""
GONE = frozenset({CustomerStage.EXPIRED, CustomerStage.REPLACED})
"""Stages whose page is sent with status 410."""

_BY_CALL = {
    "offered": CustomerStage.ASKING,
    "taken": CustomerStage.READY,
    "on_call": CustomerStage.ON_CALL,
    "wrapping_up": CustomerStage.OVER,
    "done": CustomerStage.OVER,
    "unserved": CustomerStage.NOT_SERVED,
    "missed": CustomerStage.NOT_SERVED,
}
_BY_OUTCOME = {
    Outcome.CANCELLED: CustomerStage.CANCELLED,
    Outcome.WITHDRAWN: CustomerStage.WITHDRAWN,
    Outcome.TICKET_SOLVED: CustomerStage.WITHDRAWN,
    Outcome.NOT_SERVED: CustomerStage.NOT_SERVED,
}


def stage_of(link: LinkPage, now: datetime) -> CustomerStage:
    if link.state == "replaced":
        return CustomerStage.REPLACED
    if link.call is not None and link.call.state in _BY_CALL:
        return _BY_CALL[link.call.state]
    if link.outcome in _BY_OUTCOME:
        return _BY_OUTCOME[Outcome(link.outcome)]
    if link.call is not None and link.call.state == "waiting":
        return CustomerStage.FINDING if link.call.muster_at <= now else CustomerStage.BOOKED
    if link.state == "open" and link.expires_at > now and link.escalation_state == State.INVITED:
        return CustomerStage.BOOK
    return CustomerStage.EXPIRED


def may_move(link: LinkPage, stage: CustomerStage) -> bool:
    """True until the search for a person begins. With “call now”, there is no booking to move."""
    return stage is CustomerStage.BOOKED and link.booking is not None
