"""The honest line: where this call is, what happens next, by when. It changes while the page is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from database.stores.customer_link import LinkPage
from web.customer.stage import Stage


@dataclass(frozen=True)
class Line:
    mark: str
    """Class of the style sheet that draws the shape before the words."""
    says: str
    by: datetime | None = None
    """Until when it will be decided one way or the other."""
    late: bool = False


def line_of(link: LinkPage, stage: Stage, now: datetime) -> Line | None:
    """What is true of a call that is still to come, or None for one that isn't."""
    if link.call is None:
        return None
    team, start = link.team_name, link.call.starts_at
    late = start is not None and now >= start
    if stage is Stage.BOOKED:
        return Line("done", f"Someone from {team} is found for your call shortly before it begins.")
    if stage is Stage.FINDING:
        return Line("waiting", f"We are finding someone from {team} for you.", _gives_up_at(link), late)
    if stage is Stage.ASKING:
        return Line("offered", f"We are asking someone from {team} right now.", _gives_up_at(link), late)
    if stage is Stage.READY and link.call.agent_joined_at is not None:
        return Line("on", f"Someone from {team} is in the room and waits for you.")
    if stage is Stage.READY:
        return Line("on", f"Someone from {team} has taken your call and will join you.")
    if stage is Stage.ON_CALL:
        return Line("on", f"Your call has begun: someone from {team} is in the room. Join them from here.")
    return None


def _gives_up_at(link: LinkPage) -> datetime:
    assert link.call is not None
    began = link.call.search_began_at or link.call.muster_at
    gives_up: datetime = began + timedelta(seconds=link.plan.gives_up_after)
    return gives_up
