"""Letters about the search: running late, nobody available, and the alerts for leads and managers."""

from activities.letters.call import may_book
from activities.letters.customer_link import until
from activities.letters.letter import Addresses, Button, Letter
from activities.letters.wording import at, customer, hello, starts_in_words
from domain.letter import LetterContext


def nobody_available(context: LetterContext, addresses: Addresses) -> Letter:
    sorry = (
        f"We are sorry: we could not find anyone for your call about “{context.subject}”. "
        "Nobody who could help was free. This was our fault, not yours."
    )
    subject = f"We could not take your call: {context.subject}"
    if not may_book(context):
        lines = (sorry, "If you still need us, just reply to this mail.")
        return Letter(subject=subject, greeting=hello(context.customer_name), lines=lines)
    return Letter(
        subject=subject,
        greeting=hello(context.customer_name),
        lines=(sorry, "With this link you can book another time. Your call then goes before others."),
        button=Button("Book with priority", addresses.customer_page(context)),
        after=(f"It is open until {until(context)}. If you would rather write, just reply to this mail.",),
    )


def running_late(context: LetterContext, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Your call may begin a few minutes late: {context.subject}",
        greeting=hello(context.customer_name),
        lines=(
            f"Calls before yours take longer than planned. Your call about “{context.subject}”, planned for "
            f"{starts_in_words(context)}, may begin a few minutes late. We are sorry.",
            "There is nothing to do. Open this page when it is time: it tells you at once when someone is there.",
        ),
        button=Button("Go to your call", addresses.customer_page(context)),
    )


def lead_alert(context: LetterContext, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Nobody has taken this call yet: {context.subject}",
        greeting="Hello,",
        lines=(
            f"Nobody has taken the call with {customer(context)} about “{context.subject}” yet. {_due(context)}",
            "The search goes on. Someone who comes on now may still take it.",
        ),
        button=Button("See the escalation", addresses.story(context)),
    )


def manager_nobody(context: LetterContext, addresses: Addresses) -> Letter:
    link = ", with a link that books with priority" if may_book(context) else ""
    return Letter(
        subject=f"Nobody was available: {context.subject}",
        greeting="Hello,",
        lines=(
            f"The search for someone to take the call with {customer(context)} about “{context.subject}” "
            f"has ended without anyone. {_due(context)}",
            f"We write to the customer as well{link}.",
        ),
        button=Button("See the escalation", addresses.story(context)),
    )


def _due(context: LetterContext) -> str:
    if context.starts_at is None:
        return f"It was a call now for {context.team_name}."
    return f"It was booked with {context.team_name} for {at(context.starts_at, context.time_zone)}."
