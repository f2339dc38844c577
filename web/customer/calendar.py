"""The calendar entry of a booking, the same that was mailed."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from activities.integrations.calendar import Invite, Method, booking_uid, invite
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
    base = settings_of(request).base_url
    host = urlsplit(base).hostname or "localhost"
    entry = Invite(
        uid=booking_uid(link.booking.id, link.escalation_id, host),
        sequence=link.booking.sequence,
        starts_at=link.booking.starts_at,
        seconds=link.booking.seconds,
        subject=link.subject,
        team_name=link.team_name,
        team_address=link.team_address or f"no-reply@{host}",
        customer_name=link.customer_name,
        customer_email=link.customer_email,
        page=f"{base}/c/{token}",
        written_at=link.booking.booked_at,
    )
    method = Method.CANCEL if link.booking.state == "cancelled" else Method.PUBLISH
    headers = {"Content-Disposition": 'attachment; filename="call.ics"'}
    return Response(invite(entry, method), media_type=f"text/calendar; method={method.value}", headers=headers)
