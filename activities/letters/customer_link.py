"""The invitation to book, and its reminder."""

from activities.letters import wording
from activities.letters.letter import Addresses, Button, Letter
from activities.letters.wording import hello
from domain.letter import Incomplete, LetterContext


def invitation(context: LetterContext, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Pick a time for your call: {context.subject}",
        greeting=hello(context.customer_name),
        lines=(
            f"Some things are solved faster by talking. We would like to talk to you about “{context.subject}”.",
            "Choose a time that suits you. Shortly before it, we look for someone from our team who can help.",
        ),
        button=Button("Book your call", addresses.customer_page(context)),
        after=(f"The link is yours alone and books one call. It is open until {until(context)}.", _BY_REPLY),
    )


def invitation_again(context: LetterContext, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"You can still book your call: {context.subject}",
        greeting=hello(context.customer_name),
        lines=(
            f"You have not picked a time for our call about “{context.subject}” yet.",
            f"Your link is open until {until(context)}.",
        ),
        button=Button("Book your call", addresses.customer_page(context)),
        after=("If you no longer need the call, there is nothing to do: the link ends by itself.", _BY_REPLY),
    )


def slot_held(context: LetterContext, addresses: Addresses) -> Letter:
    if context.held is None or context.held_until is None:
        raise Incomplete("held slot")
    held, until_then = (wording.until(moment, context.time_zone) for moment in (context.held, context.held_until))
    return Letter(
        subject=f"We are holding a time for you: {context.subject}",
        greeting=hello(context.customer_name),
        lines=(
            f"None of our times suited you for the call about “{context.subject}”, and you told us what would.",
            f"We are holding this one for you until {until_then}:",
            f"{held[:1].upper()}{held[1:]}",
        ),
        button=Button("Take it, or say that it does not suit you", addresses.customer_page(context)),
        after=(_BY_REPLY,),
    )


_BY_REPLY = "If you would rather write, just reply to this mail."


def until(context: LetterContext) -> str:
    """When the link expires, in words."""
    if context.link is None:
        raise Incomplete("customer link")
    return wording.until(context.link.expires_at, context.time_zone)
