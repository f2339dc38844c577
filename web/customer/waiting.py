"""The honest line: where this call is, what happens next, by when. It changes while the page is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from database.stores.customer_link import LinkPage
from domain.rounds.waiting_line import estimate_words, people_before
from web.customer.stage import CustomerStage

PUT_BACK_SHOWN_FOR = timedelta(minutes=3)


@dataclass(frozen=True)
class StatusLine:
    mark: str
    """Class of the style sheet that draws the shape before the words."""
    says: str
    by: datetime | None = None
    """Until when it will be decided one way or the other."""
    late: bool = False
    more: tuple[str, ...] = ()
    """What else is true: the place in the line, about how long it takes, and that either got worse."""
    alone: bool = False
    """Whether the customer can say that nobody is in the room with them."""


def line_of(link: LinkPage, stage: CustomerStage, now: datetime) -> StatusLine | None:
    """What is true of a call that is still to come, or None for one that isn't."""
    if link.call is None:
        return None
    team, start = link.team_name, link.call.starts_at
    late = start is not None and now >= start
    if stage is CustomerStage.BOOKED:
        more = ("It may begin a few minutes late: calls before yours take longer than planned.",)
        told = more if link.call.told_late_at is not None else ()
        return StatusLine("done", f"Someone from {team} is found for your call shortly before it begins.", more=told)
    if stage is CustomerStage.FINDING:
        says = f"We are finding someone from {team} for you."
        return StatusLine("waiting", says, _gives_up_at(link), late, _in_line(link, late, now))
    if stage is CustomerStage.ASKING:
        return StatusLine("offered", f"We are asking someone from {team} right now.", _gives_up_at(link), late)
    if stage is CustomerStage.READY and link.call.agent_joined_at is not None:
        return StatusLine("on", f"Someone from {team} is in the room and waits for you.")
    if stage is CustomerStage.READY:
        return StatusLine("on", f"Someone from {team} has taken your call and will join you.")
    if stage is CustomerStage.ON_CALL:
        if link.call.alone_at is not None:
            return StatusLine(
                "waiting", f"We have called someone from {team} back to you. If they don't come, we find another."
            )
        return StatusLine(
            "on", f"Your call has begun: someone from {team} is in the room. Join them from here.", alone=True
        )
    return None


def _in_line(link: LinkPage, late: bool, now: datetime) -> tuple[str, ...]:
    """The place and the estimate as the last round left them. A place that got worse says so for a while."""
    call = link.call
    if call is None or call.place is None:
        return ()
    said = [people_before(call.place)]
    if call.place > 1 and call.put_back_at is not None and now - call.put_back_at < PUT_BACK_SHOWN_FOR:
        said.append("A more urgent call came in before yours.")
    if call.starts_at is None or late:
        said.append(f"We expect it to take {estimate_words(call.estimate)}.")
    elif call.told_late_at is not None:
        said.append("It may begin a few minutes late: calls before yours take longer than planned.")
    return tuple(said)


def _gives_up_at(link: LinkPage) -> datetime:
    assert link.call is not None
    began = link.call.search_began_at or link.call.muster_at
    gives_up: datetime = began + timedelta(seconds=link.plan.gives_up_after)
    return gives_up
