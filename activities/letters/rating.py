"""The survey, its reminder, and the alert for a bad rating. The survey's link only opens a page."""

from activities.letters.letter import Addresses, Button, Letter
from activities.letters.wording import customer, hello, until
from domain.letter import Incomplete, LetterContext
from domain.rating import HIGHEST


def survey(context: LetterContext, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"How was your call? {context.subject}",
        greeting=hello(context.customer_name),
        lines=(
            f"Thank you for talking to us about “{context.subject}”. How was it?",
            "Choose a number. It opens a page where you can add a few words; nothing is saved until you send it there. "
            "Whoever you talked to can read your answer, and so can their managers.",
        ),
        choices=addresses.survey_choices(context),
        after=_open_until(context),
    )


def survey_again(context: LetterContext, addresses: Addresses) -> Letter:
    return Letter(
        subject=f"Would you tell us how your call was? {context.subject}",
        greeting=hello(context.customer_name),
        lines=(
            f"A little while ago we talked about “{context.subject}”. We would still like to know how it was.",
            "Choose a number; nothing is saved until you send it on the page that opens. "
            "This is the last time that we ask.",
        ),
        choices=addresses.survey_choices(context),
        after=_open_until(context),
    )


def rating_alert(context: LetterContext, addresses: Addresses) -> Letter:
    if context.rating is None:
        raise Incomplete("rating")
    score = f"{context.rating.score} of {HIGHEST}"
    who = f" It was taken by {context.agent.name}." if context.agent else ""
    words = (f"“{context.rating.comment}”",) if context.rating.comment else ("They left no words.",)
    return Letter(
        subject=f"A call was rated {score}: {context.subject}",
        greeting="Hello,",
        lines=(f"{customer(context)} rated the call about “{context.subject}” {score}.{who}", *words),
        button=Button("See the escalation", addresses.story(context)),
    )


def follow_up_overdue(context: LetterContext, addresses: Addresses) -> Letter:
    if context.rating is None or context.call_back_until is None:
        raise Incomplete("rating or follow-up")
    due = until(context.call_back_until, context.time_zone)
    words = (f"“{context.rating.comment}”",) if context.rating.comment else ()
    return Letter(
        subject=f"A customer waits for a call back: {context.subject}",
        greeting="Hello,",
        lines=(
            f"{customer(context)} rated the call about “{context.subject}” {context.rating.score} of {HIGHEST} and "
            f"asked to be called back. This was to be done by {due}, and nobody has marked it as done.",
            *words,
        ),
        button=Button("See the escalation", addresses.story(context)),
    )


def _open_until(context: LetterContext) -> tuple[str, ...]:
    return (f"You can answer until {until(context.survey_until, context.time_zone)}.",) if context.survey_until else ()
