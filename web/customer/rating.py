"""The rating: a score and a comment, saved only when the customer presses the button that sends them.

The call's own page asks as soon as the call is over; the survey's mail leads to a page that asks the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from database.clock import current_time
from database.stores.escalations.commands import EscalationCommands
from database.stores.survey_page import SurveyPage, find_survey
from domain.customer_link import LinkUnknown
from domain.escalation import NotNow
from domain.rating import HIGHEST, LONGEST_COMMENT, LOWEST, AlreadyRated, RatingFinal, SurveyOver
from domain.typed_text import forbidden_mark
from web.customer.customer_link import CustomerRequest, LinkRequest, status_page
from web.customer.rating_part import RatingPart, TypedRating, rating_part
from web.dependencies import CustomerCommands
from web.error_status import status_of
from web.page import page
from web.security.csrf import Guarded
from web.wording import times

router = APIRouter()

Field = Annotated[str, Form()]


@dataclass(frozen=True)
class SentRating:
    """What a form has sent."""

    score: int | None
    comment: str
    replaces: int
    """The revision of the rating that the form offered to change; 0 for none."""
    confirmed: bool
    """Whether the button was pressed that people see. A mail scanner submits a form as it is, or by its first one."""

    @property
    def problem(self) -> str:
        """Why it can't be saved as it is; empty if it can."""
        if self.score is None:
            return "Choose a score from 1 to 5 first"
        if not self.confirmed:
            return "Nothing was saved yet. Press “Send rating” to send it"
        if mark := forbidden_mark(self.comment, allowed="\n\t"):
            return f"Your comment contains a character that can’t be shown, {mark}; please type it again"
        if len(self.comment) > LONGEST_COMMENT:
            return f"Your comment has {len(self.comment)} characters; there is room for {LONGEST_COMMENT}"
        return ""


async def _sent_rating(score: Field = "", comment: Field = "", replaces: Field = "", send: Field = "") -> SentRating:
    # Browsers send each line end as two characters.
    return SentRating(
        _read_score(score), comment.replace("\r\n", "\n").replace("\r", "\n"), _read_revision(replaces), send == "yes"
    )


Sent = Annotated[SentRating, Depends(_sent_rating)]


@router.get("/rate/{token}")
async def rating_page(visit: LinkRequest, token: str, score: str = "", change: str = "") -> HTMLResponse:
    """The survey's page. With ``score``, that one is chosen, and nothing is saved; ``change`` shows the form again."""
    survey = await open_survey(visit, token)
    chosen = _read_score(score)
    changing = bool(change) or chosen not in (None, survey.score)
    part = rating_part(survey, f"/rate/{token}", current_time(), chosen=chosen, changing=changing)
    return _page(visit.request, survey, part, 410 if part.over else 200)


@router.post("/rate/{token}", dependencies=[Guarded])
async def rate(visit: LinkRequest, commands: CustomerCommands, token: str, sent: Sent) -> Response:
    """Save the rating. A second rating counts only if it was given by the form that changes the first."""
    status, refused = await _save(commands, await open_survey(visit, token), sent)
    if status == 303:
        return RedirectResponse(f"/rate/{token}", status)
    survey = await open_survey(visit, token)
    part = rating_part(survey, f"/rate/{token}", current_time(), **_typed(sent, refused))
    return _page(visit.request, survey, part, status)


@router.post("/c/{token}/rate", dependencies=[Guarded])
async def rate_here(
    visit: LinkRequest, commands: CustomerCommands, token: str, sent: Sent, zone: Field = ""
) -> Response:
    """Save the rating that the call's own page has asked for."""
    link = await visit.open_link(token)
    if link.survey is None:
        return status_page(visit, link, zone, refused=SurveyOver.title, status=status_of(SurveyOver))
    status, refused = await _save(commands, link.survey, sent)
    if status == 303:
        return RedirectResponse(f"/c/{token}{f'?zone={zone}' if times.is_zone(zone) else ''}", status)
    link = await visit.open_link(token)
    return status_page(visit, link, zone, refused=refused, status=status, rating=_typed(sent, refused))


async def _save(commands: EscalationCommands, survey: SurveyPage, sent: SentRating) -> tuple[int, str]:
    """The status to answer with, and why nothing was saved; 303 if the rating is what was sent."""
    now = current_time()
    changes = sent.replaces == survey.revision and survey.may_change(now)
    if survey.score is None and not survey.is_open(now):
        return status_of(SurveyOver), SurveyOver.title
    if sent.problem and (survey.score is None or changes):
        return 422, sent.problem
    if sent.score is None or sent.problem:
        return status_of(AlreadyRated), _stands(survey.score)
    try:
        await commands.rate(survey.escalation_id, survey.call_id, sent.score, sent.comment, replaces=sent.replaces)
    except AlreadyRated as already:
        # The second click of a double click that changed its mind, another device, or a form sent again.
        return (303, "") if already.score == sent.score else (status_of(AlreadyRated), _stands(already.score))
    except RatingFinal as final:
        return status_of(RatingFinal), f"{final.title}: {_stands(final.score)}"
    except (SurveyOver, NotNow) as failure:
        return status_of(failure), failure.title
    return 303, ""


def _stands(score: int | None) -> str:
    return f"You have already rated this call: {score} of {HIGHEST}. That rating stands"


def _typed(sent: SentRating, refused: str) -> TypedRating:
    """What the form shows again."""
    return {"chosen": sent.score, "comment": sent.comment, "changing": sent.replaces > 0, "refused": refused}


async def open_survey(visit: CustomerRequest, token: str) -> SurveyPage:
    """The survey with this token. Raises ``LinkUnknown``, or ``TooManyMisses`` after too many wrong links."""
    async with visit.engine.connect() as conn:
        survey = await find_survey(conn, token)
    if survey is None:
        visit.limiter.count(visit.request)
        raise LinkUnknown
    return survey


def _read_score(text: str) -> int | None:
    return int(text) if text in map(str, range(LOWEST, HIGHEST + 1)) else None


def _read_revision(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _page(request: Request, survey: SurveyPage, part: RatingPart, status: int) -> HTMLResponse:
    zone = times.zone_or(survey.customer_zone, survey.desk_zone)
    return page(request, "customer/rate.html", status, survey=survey, rating=part, zone=zone)
