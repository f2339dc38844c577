"""Where a customer stands, read from the rows: which page their link shows now. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from database.stores.customer_link import LinkPage
from domain.escalation import Outcome, State


class Stage(StrEnum):
    BOOK = "book"
    BOOKED = "booked"
    """The search for a person has not begun."""
    FINDING = "finding"
    ASKING = "asking"
    """Somebody is being asked at this moment."""
    READY = "ready"
    """A person has taken the call."""
    ON_CALL = "on_call"
    OVER = "over"
    EXPIRED = "expired"
    REPLACED = "replaced"
    """A newer link is with the customer."""
    NOT_SERVED = "not_served"
    """Nobody could take the call, or the customer did not come; a letter tells more."""
    CANCELLED = "cancelled"
    """By the customer."""
    WITHDRAWN = "withdrawn"
    """By us."""


WAITING_ROOM = frozenset({Stage.FINDING, Stage.ASKING, Stage.READY, Stage.ON_CALL})
LIVE = WAITING_ROOM | {Stage.BOOKED}
"""Stages that may change while the page is open."""
CANCELLABLE = frozenset({Stage.BOOKED, Stage.FINDING, Stage.ASKING, Stage.READY})
GONE = frozenset({Stage.EXPIRED, Stage.REPLACED})
"""Answered with 410."""

_BY_CALL = {
    "offered": Stage.ASKING,
    "taken": Stage.READY,
    "on_call": Stage.ON_CALL,
    "wrapping_up": Stage.OVER,
    "done": Stage.OVER,
    "unserved": Stage.NOT_SERVED,
    "missed": Stage.NOT_SERVED,
}
_BY_OUTCOME = {
    Outcome.CANCELLED: Stage.CANCELLED,
    Outcome.WITHDRAWN: Stage.WITHDRAWN,
    Outcome.TICKET_SOLVED: Stage.WITHDRAWN,
    Outcome.NOT_SERVED: Stage.NOT_SERVED,
}


def stage_of(link: LinkPage, now: datetime) -> Stage:
    if link.state == "replaced":
        return Stage.REPLACED
    if link.call is not None and link.call.state in _BY_CALL:
        return _BY_CALL[link.call.state]
    if link.outcome in _BY_OUTCOME:
        return _BY_OUTCOME[Outcome(link.outcome)]
    if link.call is not None and link.call.state == "waiting":
        return Stage.FINDING if link.call.muster_at <= now else Stage.BOOKED
    if link.state == "open" and link.expires_at > now and link.escalation_state == State.INVITED:
        return Stage.BOOK
    return Stage.EXPIRED


def may_move(link: LinkPage, stage: Stage) -> bool:
    """Moving ends when the search for a person begins. A call now has no booking to move."""
    return stage is Stage.BOOKED and link.booking is not None
