"""Booked, moved, cancelled, called off: each with its calendar entry."""

from datetime import timedelta

from activities.letters.letter import Addresses, Button, Letter
from activities.letters.wording import customer, hello, span, starts_in_words
from domain.escalation import Outcome
from domain.letter import LetterFacts


def confirmation(facts: LetterFacts, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Your call is booked: {facts.subject}",
        greeting=hello(facts.customer_name),
        lines=(
            f"Your call about “{facts.subject}” is booked:",
            _when(facts),
            "Open this page when it is time. You can move or cancel the call there, too.",
        ),
        button=Button("See your call", addresses.customer_page(facts)),
        after=(_CALENDAR,),
        calendar="REQUEST",
    )


def moved(facts: LetterFacts, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Your call has moved: {facts.subject}",
        greeting=hello(facts.customer_name),
        lines=(
            f"Your call about “{facts.subject}” now takes place:",
            _when(facts),
            "Open this page when it is time. The earlier time no longer holds.",
        ),
        button=Button("See your call", addresses.customer_page(facts)),
        after=(_CALENDAR,),
        calendar="REQUEST",
    )


def cancelled(facts: LetterFacts, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Your call is cancelled: {facts.subject}",
        greeting=hello(facts.customer_name),
        lines=(
            f"As you asked, we have cancelled your call about “{facts.subject}”. It would have been on",
            _when(facts),
            "If you still need us, just reply to this mail.",
        ),
        calendar="CANCEL",
    )


def withdrawn(facts: LetterFacts, addresses: Addresses) -> Letter:
    solved = facts.outcome == Outcome.TICKET_SOLVED
    why = "because your ticket has been solved in the meantime" if solved else "because it is no longer planned"
    off = f"We have called off your call about “{facts.subject}”, {why}."
    planned = (f"{off} It would have been on", _when(facts)) if facts.booking else (off,)
    return Letter(
        subject=f"Your call is called off: {facts.subject}",
        greeting=hello(facts.customer_name),
        lines=(*planned, "If that is not right, or you still need us, just reply to this mail."),
        calendar="CANCEL" if facts.booking else "",
    )


def manager_seat_lost(facts: LetterFacts, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Nobody on shift can serve this call: {facts.subject}",
        greeting="Hello,",
        lines=(
            f"The call with {customer(facts)} about “{facts.subject}” is booked with {facts.team_name} for",
            _when(facts),
            "Shifts or calendars have changed, and nobody on shift is free for it any more. "
            "The customer has not been told: the booking stands, and when it is due, whoever is there is asked.",
            "Somebody who works longer that day, or another time for the customer, puts it right.",
        ),
        button=Button("See the escalation", addresses.story(facts)),
    )


_CALENDAR = "An entry for your calendar is attached."


def _when(facts: LetterFacts) -> str:
    length = f", {span(timedelta(seconds=facts.booking.seconds))}" if facts.booking else ""
    return starts_in_words(facts) + length
