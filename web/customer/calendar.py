"""A booking's calendar entry, the same as in the email."""

from __future__ import annotations

from fastapi import APIRouter, Response

from activities.integrations.calendar import Method, entry_of, invite
from domain.customer_link import LinkUnknown
from web.customer.customer_link import LinkRequest
from web.dependencies import AppSettings

router = APIRouter()


@router.get("/c/{token}/calendar.ics")
async def calendar_entry(visit: LinkRequest, settings: AppSettings, token: str) -> Response:
    """The booking as a calendar entry; 404 if there is no booking yet.

    It has the emailed entry's UID and SEQUENCE, so that a calendar keeps only one of the two.
    """
    link = await visit.open_link(token)
    if link.booking is None:
        raise LinkUnknown
    page = f"{settings.base_url}/c/{token}"
    written_at = link.booking.changed_at or link.booking.booked_at
    entry = entry_of(link.booking, link, page, written_at, settings.smtp_from or "")
    method = Method.CANCEL if link.booking.state == "cancelled" else Method.PUBLISH
    headers = {"Content-Disposition": 'attachment; filename="call.ics"'}
    return Response(invite(entry, method), media_type=f"text/calendar; method={method.value}", headers=headers)
