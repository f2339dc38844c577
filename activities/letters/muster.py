"""When nobody takes a call: the truth for the customer, an alert for those who can do something."""

from activities.letters.call import may_book
from activities.letters.customer_link import until
from activities.letters.letter import Addresses, Button, Letter
from activities.letters.wording import at, customer, hello, starts_in_words
from domain.letter import LetterFacts


def nobody_available(facts: LetterFacts, addresses: Addresses) -> Letter:
    sorry = (
        f"We are sorry: we could not find anyone for your call about “{facts.subject}”. "
        "Nobody who could help was free. This was our fault, not yours, and our managers have been told."
    )
    subject = f"We could not take your call: {facts.subject}"
    if not may_book(facts):
        lines = (sorry, "Your ticket stays open with us, and we will write to you. You can also reply to this mail.")
        return Letter(subject=subject, greeting=hello(facts.customer_name), lines=lines)
    return Letter(
        subject=subject,
        greeting=hello(facts.customer_name),
        lines=(sorry, "With this link you can book another time. Your call then goes before others."),
        button=Button("Book with priority", addresses.customer_page(facts)),
        after=(f"It is open until {until(facts)}. If you would rather write, just reply to this mail.",),
    )


def running_late(facts: LetterFacts, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Your call may begin a few minutes late: {facts.subject}",
        greeting=hello(facts.customer_name),
        lines=(
            f"Calls before yours take longer than planned. Your call about “{facts.subject}”, planned for "
            f"{starts_in_words(facts)}, may begin a few minutes late. We are sorry.",
            "There is nothing to do. Open this page when it is time: it tells you at once when someone is there.",
        ),
        button=Button("Go to your call", addresses.customer_page(facts)),
    )


def lead_alert(facts: LetterFacts, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Nobody has taken this call yet: {facts.subject}",
        greeting="Hello,",
        lines=(
            f"Nobody has taken the call with {customer(facts)} about “{facts.subject}” yet. {_due(facts)}",
            "The search goes on. Someone who comes on now may still take it.",
        ),
        button=Button("See the escalation", addresses.story(facts)),
    )


def manager_nobody(facts: LetterFacts, addresses: Addresses) -> Letter:
    link = ", and has a link that books with priority" if may_book(facts) else ""
    return Letter(
        subject=f"Nobody was available: {facts.subject}",
        greeting="Hello,",
        lines=(
            f"The search for someone to take the call with {customer(facts)} about “{facts.subject}” "
            f"has ended without anyone. {_due(facts)}",
            f"The customer has been told{link}.",
        ),
        button=Button("See the escalation", addresses.story(facts)),
    )


def _due(facts: LetterFacts) -> str:
    if facts.starts_at is None:
        return f"It was a call now for {facts.team_name}."
    return f"It was booked with {facts.team_name} for {at(facts.starts_at, facts.time_zone)}."
