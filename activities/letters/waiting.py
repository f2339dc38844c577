"""Reminders before a call."""

from activities.letters.letter import Addresses, Button, Letter
from activities.letters.wording import begins, customer, has_started, hello, starts_in_words
from domain.letter import LetterContext


def reminder(context: LetterContext, addresses: Addresses) -> Letter:
    started, move = has_started(context), "move or cancel" if context.may_move else "cancel"
    return Letter(
        subject=f"Your call {begins(context)}: {context.subject}",
        greeting=hello(context.customer_name),
        lines=(
            f"Your call about “{context.subject}” {begins(context)}:",
            starts_in_words(context),
            "Open this page now." if started else "Open this page when it is time. You can come a few minutes early.",
        ),
        button=Button("Go to your call", addresses.customer_page(context)),
        after=() if started else (f"If the time no longer suits you, you can {move} the call on the same page.",),
    )


def agent_reminder(context: LetterContext, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Your call {begins(context)}: {context.subject}",
        greeting=hello(context.agent.name if context.agent else ""),
        lines=(
            f"Your call with {customer(context)} about “{context.subject}” {begins(context)}:",
            starts_in_words(context),
        ),
        button=Button("Join the call", addresses.agent_join(context)),
    )
