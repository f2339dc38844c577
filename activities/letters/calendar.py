"""Letters about connected calendars."""

from __future__ import annotations

from activities.letters.letter import Addresses, Button, Letter
from domain.letter import Incomplete, LetterContext


def manager_calendar(context: LetterContext, addresses: Addresses) -> Letter:
    calendar = context.calendar
    if calendar is None:
        raise Incomplete("calendar")
    return Letter(
        subject=f"A calendar of {calendar.person} was never read",
        greeting="Hello,",
        lines=(
            f"{calendar.person} has connected the calendar “{calendar.name}”, but it can’t be read: {calendar.error}.",
            "Until it is, none of its times are kept free of calls, and customers may book them. "
            "We keep trying, and won’t write again about this calendar.",
        ),
        button=Button("See the calendar", f"{addresses.base}/shifts/people/{calendar.person_id}#calendars"),
    )
