"""What customers ask of this desk, with the free times that answer it by one click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.escalations.customer_requests import DeskRequestRow, open_requests
from database.stores.seats.availability import free_starts
from domain.customer_request import RequestKind
from domain.escalation import State
from web.wording import times
from web.wording.wishes import stored_wishes, wishes_words

SHOWN = 6
"""How many free times a request is answered with."""


@dataclass(frozen=True)
class AskedCard:
    row: DeskRequestRow
    says: str
    may_hold: bool = False
    may_issue: bool = False
    """The escalation is over, so its ticket has to be opened again."""
    starts: Sequence[datetime] = ()
    found: str = ""
    """Whether these times are what the customer asked for."""


async def read_asked(conn: AsyncConnection, person_id: int, now: datetime, zone: str) -> list[AskedCard]:
    """The open requests that this person's desk shows, oldest first."""
    return [await _card(conn, row, now, zone) for row in await open_requests(conn, person_id)]


async def _card(conn: AsyncConnection, row: DeskRequestRow, now: datetime, zone: str) -> AskedCard:
    who = row.customer_name
    if row.kind == RequestKind.LINK or row.escalation_state != State.INVITED:
        what = "a new link" if row.kind == RequestKind.LINK else "other times, and the link has ended"
        return AskedCard(row, f"{who} asks for {what}", may_issue=row.escalation_state == State.CLOSED)
    wished = wishes_words(row.wishes)
    if row.held is not None and row.held_until is not None:
        held = f"{times.start_when(row.held, zone)} is held for {who} until {times.clock(row.held_until, zone)}"
        return AskedCard(row, held)
    free = await free_starts(conn, row.escalation_id, now)
    wishes = stored_wishes(row.wishes)
    fitting = [start for start in free if wishes.fits(start)]
    found = "These free times fit." if fitting else "No free time fits. The next free ones:"
    says = f"{who} asks for other times{': ' if wished else ''}{wished}"
    return AskedCard(row, says, may_hold=True, starts=_spread(fitting or free), found=found)


def _spread(starts: Sequence[datetime]) -> Sequence[datetime]:
    """A few of them, spread over all."""
    step = max(1, len(starts) // SHOWN)
    return starts[::step][:SHOWN]
