"""One's own calendar, read by a calendar program that knows the secret address and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from activities.integrations.own_calendar import own_calendar
from database.stores.staff.ics_feed import calls_of, whose_calendar
from database.stores.staff.shifts import DAYS_AHEAD, shifts_of
from domain.customer_link import LinkUnknown
from web.dependencies import engine_of, link_rate_limit_of, settings_of

router = APIRouter()

CALLS_BACK = timedelta(days=30)


@router.get("/calendar/{token}")
async def own_calendar_page(request: Request, token: str) -> Response:
    """Shifts as far as they are laid out, and the calls of the last month."""
    now = datetime.now(UTC)
    async with engine_of(request).connect() as conn:
        who = await whose_calendar(conn, token.removesuffix(".ics"))
        if who is None:
            link_rate_limit_of(request).count_failure(request)
            raise LinkUnknown
        shifts = await shifts_of(conn, [who], (now - timedelta(days=2), now + timedelta(days=DAYS_AHEAD)))
        calls = await calls_of(conn, who, now - CALLS_BACK)
    base = settings_of(request).base_url
    host = urlsplit(base).hostname or "localhost"
    content = own_calendar(shifts[who], calls, host, f"{base}/desk", now)
    return Response(
        content, media_type="text/calendar", headers={"Content-Disposition": 'inline; filename="muster.ics"'}
    )
