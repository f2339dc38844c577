"""Letters about the call: a call now, the late-customer reminder, the customer's no-show."""

from activities.letters.customer_link import until
from activities.letters.letter import Addresses, Button, Letter
from activities.letters.wording import at, hello
from domain.letter import LetterContext


def call_now(context: LetterContext, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Join your call now: {context.subject}",
        greeting=hello(context.customer_name),
        lines=(
            f"We would like to talk to you about “{context.subject}” right away.",
            # No word on the search: by the time this is read, somebody may have taken the call, or nobody.
            "Open this page now. It tells you how far we are, and lets you into the call.",
        ),
        button=Button("Join the call", addresses.customer_join(context)),
        after=("If it does not suit you now, just reply to this mail.",),
    )


def late_customer_reminder(context: LetterContext, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"We are here for your call: {context.subject}",
        greeting=hello(context.customer_name),
        lines=(f"Our team is in your call about “{context.subject}” and waits for you.",),
        button=Button("Join the call", addresses.customer_join(context)),
        after=("If you can't come now, there is nothing to do: we will write to you again.",),
    )


def customer_missed(context: LetterContext, addresses: Addresses) -> Letter:
    planned = f" on {at(context.starts_at, context.time_zone)}" if context.starts_at else ""
    missed = f"We were there for our call about “{context.subject}”{planned}, and did not reach you. That happens."
    if not may_book(context):
        return Letter(
            subject=f"We missed you: {context.subject}",
            greeting=hello(context.customer_name),
            lines=(missed, "If you still need us, just reply to this mail, and we will find another way."),
        )
    return Letter(
        subject=f"We missed you: {context.subject}",
        greeting=hello(context.customer_name),
        lines=(missed, "Here is a fresh link, to pick another time if you like."),
        button=Button("Book another time", addresses.customer_page(context)),
        after=(f"It is open until {until(context)}.",),
    )


def may_book(context: LetterContext) -> bool:
    """Whether there is a new link to offer, given that the number of links per escalation is limited."""
    return context.link is not None and context.link.open
