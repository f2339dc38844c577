"""Carrying a change out, after what it does to booked calls was shown to whoever makes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.at_risk.alerts import alert_lost_seats, remedies_for
from database.stores.at_risk.deep_search import LONGER, board_without
from database.stores.seats.change_impact import ReassignResult
from database.stores.staff.ics_feed import calls_of
from domain.seats.capacity_under_rules import UnservedCalls, proven_unserved
from web.dependencies import engine_of
from web.page import page
from web.security.session import SignedIn
from web.shifts.change_form import SubmittedForm


@dataclass(frozen=True)
class ScheduleChangeRequest:
    """A change that somebody asks for, as the page that shows its consequences needs it."""

    sentence: str
    zone: str
    action: str
    """Where the form goes."""
    back: str
    person: int | None = None
    always_shown: bool = False
    """Whether it is shown even where no booked call is touched."""
    announced: bool = True
    """Whether managers hear of calls at risk: not where a manager is the one who decides."""


async def carry_out(
    request: Request,
    signed: SignedIn,
    sent: SubmittedForm,
    asked: ScheduleChangeRequest,
    now: datetime,
    write: Callable[[AsyncConnection], Awaitable[ReassignResult]],
) -> Response:
    """Do it, or show first what it does. Whatever is at risk and was not shown is shown before anything is done."""
    async with engine_of(request).connect() as conn, conn.begin() as transaction:
        replanned = await write(conn)
        unseen = {one.booking for one in replanned.at_risk} - sent.seen
        show_first = sent.longer or bool(unseen) or (asked.always_shown and not sent.confirmed)
        tried = await board_without(conn, replanned.at_risk) if sent.longer else None
        if show_first:
            await transaction.rollback()
        elif asked.announced:
            await alert_lost_seats(conn, replanned.at_risk, now)
    if show_first:
        # Only now that the connection is given back: the page takes one of its own.
        looked = None if tried is None else await asyncio.to_thread(proven_unserved, *tried, LONGER)
        if sent.longer and request.headers.get("hx-request") == "true":
            return page(request, "_looked_longer.html", at_risk=replanned.at_risk, looked=looked)
        return await _show(request, sent, asked, replanned, looked)
    join = "&" if "?" in asked.back else "?"
    told = f"said=done&moved={replanned.moved}&risk={len(replanned.at_risk)}"
    return RedirectResponse(f"{asked.back}{join}{told}", 303)


async def _show(
    request: Request,
    sent: SubmittedForm,
    asked: ScheduleChangeRequest,
    replanned: ReassignResult,
    looked: UnservedCalls | None,
) -> Response:
    async with engine_of(request).connect() as conn:
        remedies = await remedies_for(conn, [one.booking for one in replanned.at_risk], asked.person)
        since = datetime.now(UTC) - timedelta(days=1)
        taken = [] if asked.person is None else await calls_of(conn, asked.person, since)
    return page(
        request,
        "shifts/confirm.html",
        asked=asked,
        fields=sent.fields,
        moved=replanned.moved,
        at_risk=replanned.at_risk,
        looked=looked,
        remedies=remedies,
        taken=[call for call in taken if not call.over],
        seen=",".join(str(one.booking) for one in replanned.at_risk),
        changed=bool(sent.confirmed),
        manages=bool(request.state.signed.roles & {"manager", "admin"}),
    )
