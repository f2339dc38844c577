"""The invitation to book, and its one nudge."""

from activities.letters.letter import Addresses, Button, Letter
from activities.letters.wording import at, hello
from domain.letter import Incomplete, LetterFacts


def invitation(facts: LetterFacts, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Pick a time for your call: {facts.subject}",
        greeting=hello(facts.customer_name),
        lines=(
            f"Some things are solved faster by talking. We would like to talk to you about “{facts.subject}”.",
            "Choose a time that suits you. Someone from our team who knows this kind of question will be there.",
        ),
        button=Button("Book your call", addresses.customer_page(facts)),
        after=(f"The link is yours alone and books one call. It is open until {until(facts)}.", _BY_REPLY),
    )


def invitation_again(facts: LetterFacts, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"You can still book your call: {facts.subject}",
        greeting=hello(facts.customer_name),
        lines=(
            f"You have not picked a time for our call about “{facts.subject}” yet.",
            f"Your link is open until {until(facts)}.",
        ),
        button=Button("Book your call", addresses.customer_page(facts)),
        after=("If you no longer need the call, there is nothing to do: the link ends by itself.", _BY_REPLY),
    )


_BY_REPLY = "If you would rather write, just reply to this mail."


def until(facts: LetterFacts) -> str:
    """The end of the link's life in words."""
    if facts.link is None:
        raise Incomplete("customer link")
    return at(facts.link.expires_at, facts.time_zone)
