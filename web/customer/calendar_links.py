"""Links that open a prefilled entry in a web calendar. Nothing is sent before the customer follows one. Pure.

The entry doesn't hold the address of the customer's page, which is a secret: it would stand in the provider's log.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from database.stores.customer_link import LinkPage
from domain.letter import name_line, one_line

_DETAILS = "Open the page on which you booked this call, or the link in our mail, when it is time."


class CalendarLink(NamedTuple):
    name: str
    address: str


def calendar_links(link: LinkPage) -> tuple[CalendarLink, ...]:
    """Google's and Outlook's calendars; none if nothing is booked."""
    if link.booking is None:
        return ()
    begins: datetime = link.booking.starts_at.astimezone(UTC)
    ends = begins + timedelta(seconds=link.booking.seconds)
    title = f"Call with {name_line(link.team_name)}: {one_line(link.subject)}"
    google = {"action": "TEMPLATE", "text": title, "dates": f"{begins:%Y%m%dT%H%M%SZ}/{ends:%Y%m%dT%H%M%SZ}"}
    outlook = {"path": "/calendar/action/compose", "rru": "addevent", "subject": title}
    outlook |= {"startdt": f"{begins:%Y-%m-%dT%H:%M:%SZ}", "enddt": f"{ends:%Y-%m-%dT%H:%M:%SZ}", "body": _DETAILS}
    return (
        CalendarLink(
            "Google", f"https://calendar.google.com/calendar/render?{urlencode(google | {'details': _DETAILS})}"
        ),
        CalendarLink("Outlook", f"https://outlook.live.com/calendar/0/deeplink/compose?{urlencode(outlook)}"),
    )
