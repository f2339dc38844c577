"""What a customer's page says once its link or call has come to an end, and why there is a new link. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from database.stores.customer_link import LinkPage
from domain.escalation import Outcome
from domain.letter import LetterKind
from web.customer.stage import CustomerStage


@dataclass(frozen=True)
class EndedWords:
    title: str
    says: str
    changes_soon: bool = False
    """What happens next is being decided, so the page should be loaded again."""


def ended_words(link: LinkPage, stage: CustomerStage) -> EndedWords:
    """The heading and sentences for a stage after which nothing can be done by this link."""
    match stage:
        case CustomerStage.OVER:
            return _over(link)
        case CustomerStage.NOT_SERVED:
            return _not_served(link)
        case CustomerStage.CANCELLED:
            return EndedWords("Your call is cancelled", "You cancelled it, so nobody is waiting for you.")
        case CustomerStage.WITHDRAWN:
            return EndedWords("This call was called off", _withdrawn(link))
        case CustomerStage.REPLACED:
            return EndedWords("There is a newer link", "This one no longer works. Please use the newer one.")
        case _:
            nothing = "" if link.booking is not None else "Nothing was booked with it."
            return EndedWords("This link has expired", _joined("It can no longer book a call.", nothing))


def why_another(link: LinkPage) -> str:
    """Why the customer books again: what became of the call before; empty for a first link."""
    return {
        "unserved": "We are sorry: nobody was free for your call. This was our fault, not yours. "
        "Pick another time, and that call goes before others.",
        "missed": "We were there for your call, and did not reach you. That happens. "
        "Pick another time if you still need us.",
    }.get(link.call_before or "", "")


def _over(link: LinkPage) -> EndedWords:
    """A page that thanks for a rating says no more than that."""
    if link.survey is not None and link.survey.score is not None:
        return EndedWords("Thank you", "")
    return EndedWords("Your call is over", _joined("Thank you for your time.", _survey(link)))


def _not_served(link: LinkPage) -> EndedWords:
    missed = link.call is not None and link.call.state == "missed"
    what = (
        "We were there, and did not reach you. That happens."
        if missed
        else "We are sorry: nobody who could help was free. This was our fault, not yours."
    )
    soon = link.outcome is None
    mail = _mailed(link, LetterKind.CUSTOMER_MISSED if missed else LetterKind.NOBODY_AVAILABLE)
    next_step = "In a moment, this page shows what happens next." if soon else mail
    return EndedWords("This call did not take place", _joined(what, next_step), changes_soon=soon)


def _withdrawn(link: LinkPage) -> str:
    solved = link.outcome == Outcome.TICKET_SOLVED
    why = "Your ticket has been solved in the meantime." if solved else "It is no longer planned."
    nothing = "Nothing was booked." if link.call is None else ""
    return _joined(why, nothing, _mailed(link, LetterKind.WITHDRAWN))


def _survey(link: LinkPage) -> str:
    words = {"sent": "We have emailed you one question about it.", "queued": "A mail with one question is on its way."}
    return words.get(link.after.mails.get(LetterKind.SURVEY.value, ""), "")


def _mailed(link: LinkPage, kind: LetterKind) -> str:
    """That a mail was sent or will be; empty if none was written, or it could not be delivered."""
    words = {"sent": "We have emailed you about it.", "queued": "A mail about it is on its way to you."}
    return words.get(link.after.mails.get(kind.value, ""), "")


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
