"""The status line for a customer's call: its state, what happens next, and by when. It updates itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from database.stores.customer_link import LinkPage
from domain.rounds.search_clock import STANDSTILL
from domain.rounds.waiting_line import estimate_words, people_before
from web.customer.stage import CustomerStage

PUT_BACK_SHOWN_FOR = timedelta(minutes=3)
_MAY_BE_LATE = "It may begin a few minutes late: calls before yours are taking longer than planned."

_INTERRUPTED = "A fault on our side held us up, so this is taking longer than usual. You have kept your place."
_KEPT = "We will continue as soon as it is fixed, and you keep your place. This page updates by itself."


@dataclass(frozen=True)
class StatusLine:
    mark: str
    """The CSS class that draws the shape in front of the text."""
    says: str
    by: datetime | None = None
    """The latest time at which the search can end."""
    late: bool = False
    more: tuple[str, ...] = ()
    """More sentences: the place in line, the estimate, and whether either got worse."""
    alone: bool = False
    """Whether to show the button with which customers report that they are alone in the room."""


def line_of(link: LinkPage, stage: CustomerStage, now: datetime) -> StatusLine | None:
    """The status line for a call that is pending or running; None if there is no call or it has ended."""
    if link.call is None:
        return None
    team, start = link.team_name, link.call.starts_at
    late = start is not None and now >= start
    if stage is CustomerStage.BOOKED:
        more = (_MAY_BE_LATE,) if link.call.told_late_at is not None else ()
        return StatusLine("done", f"We will find someone from {team} shortly before your call begins.", more=more)
    if stage is CustomerStage.FINDING and _stands_still(link, now):
        return StatusLine(
            "waiting", f"A fault on our side is holding up our search for someone from {team}.", more=(_KEPT,)
        )
    if stage is CustomerStage.FINDING:
        says = f"We are finding someone from {team} for you."
        return StatusLine("waiting", says, _gives_up_at(link), late, _interruption(link) + _in_line(link, late, now))
    if stage is CustomerStage.ASKING:
        says = f"We are asking someone from {team} right now."
        return StatusLine("offered", says, _gives_up_at(link), late, _interruption(link))
    if stage is CustomerStage.READY and link.call.agent_joined_at is not None:
        return StatusLine("on", f"Someone from {team} is in the room, waiting for you.")
    if stage is CustomerStage.READY:
        return StatusLine("on", f"Someone from {team} has taken your call and will join you.")
    if stage is CustomerStage.ON_CALL:
        if link.call.alone_at is not None:
            return StatusLine(
                "waiting", f"We have called someone from {team} back to you. If they don't come, we will find another."
            )
        return StatusLine(
            "on", f"Your call has begun: someone from {team} is in the room. Join them from here.", alone=True
        )
    return None


def _stands_still(link: LinkPage, now: datetime) -> bool:
    return link.rounds_ran_at is not None and now - link.rounds_ran_at > STANDSTILL


def _interruption(link: LinkPage) -> tuple[str, ...]:
    """Why it takes longer, if for some time nobody could be asked."""
    return (_INTERRUPTED,) if link.call is not None and link.call.interrupted_at is not None else ()


def _in_line(link: LinkPage, late: bool, now: datetime) -> tuple[str, ...]:
    """The last round's place in line and estimate and, for a while, a note that a more urgent call went ahead."""
    call = link.call
    if call is None or call.place is None:
        return ()
    sentences = [people_before(call.place)]
    if call.place > 1 and call.put_back_at is not None and now - call.put_back_at < PUT_BACK_SHOWN_FOR:
        sentences.append("A more urgent call came in before yours.")
    if call.starts_at is None or late:
        sentences.append(f"We expect it to take {estimate_words(call.estimate)}.")
    elif call.told_late_at is not None:
        sentences.append(_MAY_BE_LATE)
    return tuple(sentences)


def _gives_up_at(link: LinkPage) -> datetime:
    assert link.call is not None
    began = link.call.search_began_at or link.call.muster_at
    gives_up_at: datetime = began + timedelta(seconds=link.plan.gives_up_after)
    return gives_up_at
