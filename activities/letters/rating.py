"""The survey, which opens a page and never rates by itself; and the alert of a bad rating."""

from activities.letters.letter import Addresses, Button, Letter
from activities.letters.wording import at, customer, hello
from domain.letter import Incomplete, LetterFacts
from domain.rating import HIGHEST


def survey(facts: LetterFacts, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"How was your call? {facts.subject}",
        greeting=hello(facts.customer_name),
        lines=(
            f"Thank you for talking to us about “{facts.subject}”. How was it?",
            "One question, half a minute. Good or bad, it is read by the people who can change something.",
        ),
        button=Button("Rate your call", addresses.survey(facts)),
        after=_open_until(facts),
    )


def survey_again(facts: LetterFacts, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Would you tell us how your call was? {facts.subject}",
        greeting=hello(facts.customer_name),
        lines=(
            f"A little while ago we talked about “{facts.subject}”. We would still like to know how it was.",
            "This is the last time that we ask.",
        ),
        button=Button("Rate your call", addresses.survey(facts)),
        after=_open_until(facts),
    )


def rating_alert(facts: LetterFacts, addresses: Addresses) -> Letter:
    if facts.rating is None:
        raise Incomplete("rating")
    score = f"{facts.rating.score} of {HIGHEST}"
    who = f" It was taken by {facts.agent.name}." if facts.agent else ""
    words = (f"“{facts.rating.comment}”",) if facts.rating.comment else ("They left no words.",)
    return Letter(
        subject=f"A call was rated {score}: {facts.subject}",
        greeting="Hello,",
        lines=(f"{customer(facts)} rated the call about “{facts.subject}” {score}.{who}", *words),
        button=Button("See the escalation", addresses.story(facts)),
    )


def _open_until(facts: LetterFacts) -> tuple[str, ...]:
    return (f"You can answer until {at(facts.survey_until, facts.time_zone)}.",) if facts.survey_until else ()
