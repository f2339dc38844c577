"""A person's ICS feed of shifts and calls, for calendar apps. Its secret URL is the only protection."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from activities.integrations.own_calendar import own_calendar
from database.clock import current_time
from database.stores.staff.ics_feed import calls_of, whose_calendar
from database.stores.staff.shifts import DAYS_AHEAD, shifts_of
from domain.customer_link import LinkUnknown
from web.dependencies import AppSettings, Engine, LinkLimiter

router = APIRouter()

CALLS_BACK = timedelta(days=30)


@router.get("/calendar/{token}")
async def own_calendar_page(
    request: Request, engine: Engine, settings: AppSettings, limiter: LinkLimiter, token: str
) -> Response:
    """The stored shifts, and all calls from 30 days ago onwards."""
    now = current_time()
    async with engine.connect() as conn:
        person = await whose_calendar(conn, token.removesuffix(".ics"))
        if person is None:
            limiter.count(request)
            raise LinkUnknown
        shifts = await shifts_of(conn, [person], (now - timedelta(days=2), now + timedelta(days=DAYS_AHEAD)))
        calls = await calls_of(conn, person, now - CALLS_BACK)
    host = urlsplit(settings.base_url).hostname or "localhost"
    # In a thread: an organisation's fullest calendar takes a fifth of a second.
    desk = f"{settings.base_url}/desk"
    content = await asyncio.to_thread(own_calendar, shifts[person], calls, host, desk, now)
    return Response(
        content, media_type="text/calendar", headers={"Content-Disposition": 'inline; filename="muster.ics"'}
    )
