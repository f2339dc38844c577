"""Letters about bookings, with a calendar entry: booked, moved, cancelled, withdrawn; and the alert for one at risk."""

from datetime import timedelta

from activities.letters.letter import Addresses, Button, Letter
from activities.letters.wording import customer, hello, span, starts_in_words
from domain.escalation import Outcome
from domain.letter import LetterContext


def confirmation(context: LetterContext, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Your call is booked: {context.subject}",
        greeting=hello(context.customer_name),
        lines=(
            f"Your call about “{context.subject}” is booked:",
            _when(context),
            "Open this page when it is time. You can move or cancel the call there, too.",
        ),
        button=Button("See your call", addresses.customer_page(context)),
        after=(_CALENDAR,),
        calendar="REQUEST",
    )


def moved(context: LetterContext, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Your call has moved: {context.subject}",
        greeting=hello(context.customer_name),
        lines=(
            f"Your call about “{context.subject}” now takes place:",
            _when(context),
            "Open this page when it is time. The earlier time no longer holds.",
        ),
        button=Button("See your call", addresses.customer_page(context)),
        after=(_CALENDAR,),
        calendar="REQUEST",
    )


def cancelled(context: LetterContext, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Your call is cancelled: {context.subject}",
        greeting=hello(context.customer_name),
        lines=(
            f"As you asked, we have cancelled your call about “{context.subject}”. It would have been on",
            _when(context),
            "If you still need us, just reply to this mail.",
        ),
        calendar="CANCEL",
    )


def withdrawn(context: LetterContext, addresses: Addresses) -> Letter:
    solved = context.outcome == Outcome.TICKET_SOLVED
    why = "because your ticket has been solved in the meantime" if solved else "because it is no longer planned"
    off = f"We have called off your call about “{context.subject}”, {why}."
    planned = (f"{off} It would have been on", _when(context)) if context.booking else (off,)
    return Letter(
        subject=f"Your call is called off: {context.subject}",
        greeting=hello(context.customer_name),
        lines=(*planned, "If that is not right, or you still need us, just reply to this mail."),
        calendar="CANCEL" if context.booking else "",
    )


def manager_seat_lost(context: LetterContext, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Nobody on shift can serve this call: {context.subject}",
        greeting="Hello,",
        lines=(
            f"The call with {customer(context)} about “{context.subject}” is booked with {context.team_name} for",
            _when(context),
            "Shifts or calendars have changed, and nobody on shift is free for it any more. "
            "The customer has not been told: the booking stands, and when it is due, whoever is there is asked.",
            "Somebody who works longer that day, or another time for the customer, puts it right.",
        ),
        button=Button("See the escalation", addresses.story(context)),
    )


_CALENDAR = "An entry for your calendar is attached."


def _when(context: LetterContext) -> str:
    length = f", {span(timedelta(seconds=context.booking.seconds))}" if context.booking else ""
    return starts_in_words(context) + length
