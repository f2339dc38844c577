"""Reads where a person stands, for every page that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.queries.desk import CallCard, DeskHead
from database.stores.queries.desk_changes import DeskMoment
from database.stores.queries.rest import read_rest
from domain.rounds.standing import PersonDesk, Standing, StandingState, standing_of
from web.desk.card import in_hand


async def read_standing(
    conn: AsyncConnection, head: DeskHead, cards: Sequence[CallCard], moment: DeskMoment
) -> Standing:
    """This person's standing. Their rest is read only if nothing else keeps them from calls."""
    desk = PersonDesk(
        head.state,
        head.reason or "",
        head.since,
        head.seen_at,
        on_shift=head.shift_ends is not None,
        free_for_calls=head.free_until is not None,
        next_shift=head.next_shift,
    )
    calls = [in_hand(card) for card in cards]
    standing = standing_of(desk, calls, moment.now)
    if standing.state is not StandingState.AVAILABLE:
        return standing
    rest, begins = await read_rest(conn, head.person_id, moment)
    return standing_of(replace(desk, rest=rest, rest_begins=begins), calls, moment.now)
