"""Alerts about several escalations in one letter, as an outage or a change of shifts causes them."""

from __future__ import annotations

from activities.letters.letter import Addresses, Button, Letter
from domain.letter import LetterContext, LetterKind

_WORDS = {
    LetterKind.LEAD_ALERT: (
        "Nobody has taken {number} calls yet",
        "Nobody has taken these {number} calls yet. The searches go on. Someone who comes on now may still take one.",
    ),
    LetterKind.MANAGER_NOBODY: (
        "Nobody was available for {number} calls",
        "The searches for someone to take these {number} calls have ended without anyone. "
        "We write to the customers as well.",
    ),
    LetterKind.MANAGER_SEAT_LOST: (
        "Nobody on shift can serve {number} booked calls",
        "Shifts or calendars have changed, and nobody on shift is free for these {number} booked calls any more. "
        "The customers have not been told: the bookings stand, and when they are due, whoever is there is asked.",
    ),
}
"""The subject and the first paragraph of each kind."""


def grouped(context: LetterContext, addresses: Addresses) -> Letter:
    """One letter about all escalations of the context, each with the address of its story."""
    subject, first = (text.format(number=len(context.also) + 1) for text in _WORDS[context.kind])
    every = ((context.escalation_id, context.subject), *((one.escalation_id, one.subject) for one in context.also))
    return Letter(
        subject=subject,
        greeting="Hello,",
        lines=(first, *(f"“{ticket}”: {addresses.base}/ops/{escalation_id}" for escalation_id, ticket in every)),
        button=Button("See all escalations", f"{addresses.base}/ops"),
    )
