"""Reminders before a call."""

from activities.letters.letter import Addresses, Button, Letter
from activities.letters.wording import customer, hello, starts_in_words, until_start
from domain.letter import LetterFacts


def reminder(facts: LetterFacts, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Your call begins {until_start(facts)}: {facts.subject}",
        greeting=hello(facts.customer_name),
        lines=(
            f"Your call about “{facts.subject}” begins {until_start(facts)}:",
            starts_in_words(facts),
            "Open this page when it is time. You can come a few minutes early.",
        ),
        button=Button("Go to your call", addresses.customer_page(facts)),
        after=("If the time no longer suits you, you can move or cancel the call on the same page.",),
    )


def agent_reminder(facts: LetterFacts, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Your call begins {until_start(facts)}: {facts.subject}",
        greeting=hello(facts.agent.name if facts.agent else ""),
        lines=(
            f"Your call with {customer(facts)} about “{facts.subject}” begins {until_start(facts)}:",
            starts_in_words(facts),
        ),
        button=Button("Join the call", addresses.agent_join(facts)),
    )
