"""The calendar entry of a booking, the same that was mailed."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from activities.integrations.calendar import Method, entry_of, invite
from domain.customer_link import LinkUnknown
from web.customer.customer_link import open_link
from web.dependencies import settings_of

router = APIRouter()


@router.get("/c/{token}/calendar.ics")
async def calendar_entry(request: Request, token: str) -> Response:
    """Same UID and SEQUENCE as in the mail, so that a calendar keeps one entry. 404 before there is a booking."""
    link = await open_link(request, token)
    if link.booking is None:
        raise LinkUnknown
    page = f"{settings_of(request).base_url}/c/{token}"
    entry = entry_of(link.booking, link, page, link.booking.booked_at)
    method = Method.CANCEL if link.booking.state == "cancelled" else Method.PUBLISH
    headers = {"Content-Disposition": 'attachment; filename="call.ics"'}
    return Response(invite(entry, method), media_type=f"text/calendar; method={method.value}", headers=headers)
