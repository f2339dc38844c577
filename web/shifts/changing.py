"""Carries out a schedule change, once the person making it has seen how it affects booked calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.bounded_threads import SEAT_SEARCHES
from database.clock import current_time
from database.stores.at_risk.alerts import alert_lost_seats, remedies_for
from database.stores.at_risk.deep_search import LONGER, board_without
from database.stores.seats.change_impact import ReassignResult
from database.stores.staff.ics_feed import calls_of
from domain.seats.capacity_under_rules import UnservedCalls, proven_unserved
from web.page import page
from web.shifts.change_form import SubmittedForm


@dataclass(frozen=True)
class ScheduleChangeRequest:
    """A requested change, as needed by the page that shows its consequences."""

    sentence: str
    zone: str
    action: str
    """The URL that the form is posted to."""
    back: str
    person: int | None = None
    always_shown: bool = False
    """Show the consequences even if no booked call is affected."""
    announced: bool = True
    """Whether managers are told about calls at risk. False if a manager makes the change."""


async def carry_out(
    request: Request,
    engine: AsyncEngine,
    sent: SubmittedForm,
    change: ScheduleChangeRequest,
    now: datetime,
    write: Callable[[AsyncConnection], Awaitable[ReassignResult]],
) -> Response:
    """Make the change, or first show what it would do. Calls at risk are always shown before anything changes."""
    async with engine.connect() as conn, conn.begin() as transaction:
        result = await write(conn)
        unseen = {call.booking for call in result.at_risk} - sent.seen
        show_first = sent.longer or bool(unseen) or (change.always_shown and not sent.confirmed)
        search = await board_without(conn, result.at_risk) if sent.longer else None
        if show_first:
            await transaction.rollback()
        elif change.announced:
            await alert_lost_seats(conn, result.at_risk, now)
    if show_first:
        # Runs after the connection is released, because the page needs another one.
        unserved = None if search is None else await SEAT_SEARCHES.run(proven_unserved, *search, LONGER)
        if sent.longer and request.headers.get("hx-request") == "true":
            return page(request, "_longer_search.html", at_risk=result.at_risk, unserved=unserved)
        return await _show(request, engine, sent, change, result, unserved)
    join = "&" if "?" in change.back else "?"
    query = f"said=done&moved={result.moved}&risk={len(result.at_risk)}"
    return RedirectResponse(f"{change.back}{join}{query}", 303)


async def _show(
    request: Request,
    engine: AsyncEngine,
    sent: SubmittedForm,
    change: ScheduleChangeRequest,
    result: ReassignResult,
    unserved: UnservedCalls | None,
) -> Response:
    async with engine.connect() as conn:
        remedies = await remedies_for(conn, [call.booking for call in result.at_risk], change.person)
        since = current_time() - timedelta(days=1)
        taken = [] if change.person is None else await calls_of(conn, change.person, since)
    return page(
        request,
        "shifts/confirm.html",
        change=change,
        fields=sent.fields,
        moved=result.moved,
        at_risk=result.at_risk,
        unserved=unserved,
        remedies=remedies,
        taken=[call for call in taken if not call.over],
        seen=",".join(str(call.booking) for call in result.at_risk),
        changed=bool(sent.confirmed),
        manages=bool(request.state.signed.roles & {"manager", "admin"}),
    )
