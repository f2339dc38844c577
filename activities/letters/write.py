"""Maps each kind of letter to the function that writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from activities.letters import booking, calendar, call, customer_link, muster, rating, rules, waiting
from activities.letters.grouped import grouped
from activities.letters.letter import Addresses, Letter
from domain.letter import LetterContext, LetterKind

WRITERS: Mapping[LetterKind, Callable[[LetterContext, Addresses], Letter]] = {
    LetterKind.INVITATION: customer_link.invitation,
    LetterKind.INVITATION_AGAIN: customer_link.invitation_again,
    LetterKind.SLOT_HELD: customer_link.slot_held,
    LetterKind.CONFIRMATION: booking.confirmation,
    LetterKind.MOVED: booking.moved,
    LetterKind.CANCELLED: booking.cancelled,
    LetterKind.WITHDRAWN: booking.withdrawn,
    LetterKind.REMINDER: waiting.reminder,
    LetterKind.CALL_NOW: call.call_now,
    LetterKind.RUNNING_LATE: muster.running_late,
    LetterKind.CUSTOMER_CALLED_FOR: call.late_customer_reminder,
    LetterKind.CUSTOMER_MISSED: call.customer_missed,
    LetterKind.NOBODY_AVAILABLE: muster.nobody_available,
    LetterKind.SURVEY: rating.survey,
    LetterKind.SURVEY_AGAIN: rating.survey_again,
    LetterKind.AGENT_REMINDER: waiting.agent_reminder,
    LetterKind.LEAD_ALERT: muster.lead_alert,
    LetterKind.MANAGER_NOBODY: muster.manager_nobody,
    LetterKind.MANAGER_SEAT_LOST: booking.manager_seat_lost,
    LetterKind.RATING_ALERT: rating.rating_alert,
    LetterKind.FOLLOW_UP_OVERDUE: rating.follow_up_overdue,
    LetterKind.MANAGER_CALENDAR: calendar.manager_calendar,
    LetterKind.RULES_CHANGED: rules.rules_changed,
}


def write(context: LetterContext, addresses: Addresses) -> Letter:
    """The letter for this context. Raises ``Incomplete`` if the context lacks something that the letter needs."""
    return grouped(context, addresses) if context.also else WRITERS[context.kind](context, addresses)
