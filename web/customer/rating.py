"""The rating: a score and a comment, saved only when the customer submits them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from database.clock import current_time
from database.stores.rating import SurveyPage, find_survey
from domain.customer_link import LinkUnknown
from domain.escalation import NotNow
from domain.rating import HIGHEST, LONGEST_COMMENT, LOWEST, AlreadyRated
from domain.typed_text import forbidden_mark
from web.customer.customer_link import CustomerRequest, LinkRequest
from web.dependencies import CustomerCommands
from web.error_status import status_of
from web.page import page
from web.security.csrf import Guarded
from web.wording import times

router = APIRouter()

SCORES = {1: "very bad", 2: "bad", 3: "fair", 4: "good", 5: "very good"}


@router.get("/rate/{token}")
async def rating_page(visit: LinkRequest, token: str) -> HTMLResponse:
    survey = await _open(visit, token)
    return _page(visit.request, survey, status=200 if _is_open(survey) else 410)


@router.post("/rate/{token}", dependencies=[Guarded])
async def rate(
    visit: LinkRequest,
    commands: CustomerCommands,
    token: str,
    score: Annotated[str, Form()] = "",
    comment: Annotated[str, Form()] = "",
) -> Response:
    """Save the rating. A second rating changes nothing and shows the first."""
    request = visit.request
    survey = await _open(visit, token)
    chosen = int(score) if score in map(str, range(LOWEST, HIGHEST + 1)) else None
    if survey.score is not None:
        return _already_rated(request, token, survey, chosen)
    if not _is_open(survey):
        return _page(request, survey, status=410)
    if chosen is None:
        return _page(request, survey, refused="Choose a score from 1 to 5 first", comment=comment, status=422)
    # Browsers send each line end as two characters.
    comment = comment.replace("\r\n", "\n").replace("\r", "\n")
    if mark := forbidden_mark(comment, allowed="\n\t"):
        text = f"Your comment contains a character that can’t be shown, {mark}; please type it again"
        return _page(request, survey, refused=text, comment=comment, chosen=chosen, status=422)
    if len(comment) > LONGEST_COMMENT:
        text = f"Your comment has {len(comment)} characters; there is room for {LONGEST_COMMENT}"
        return _page(request, survey, refused=text, comment=comment, chosen=chosen, status=422)
    try:
        await commands.rate(survey.escalation_id, survey.call_id, chosen, comment)
    except (AlreadyRated, NotNow):
        # The second click of a double click may arrive after the first has closed the escalation.
        survey = await _open(visit, token)
        if survey.score is None:
            raise
        return _already_rated(request, token, survey, chosen)
    return RedirectResponse(f"/rate/{token}", 303)


async def _open(visit: CustomerRequest, token: str) -> SurveyPage:
    """The survey with this token. Raises ``LinkUnknown``, or ``TooManyMisses`` after too many wrong links."""
    async with visit.engine.connect() as conn:
        survey = await find_survey(conn, token)
    if survey is None:
        visit.limiter.count(visit.request)
        raise LinkUnknown
    return survey


def _already_rated(request: Request, token: str, survey: SurveyPage, chosen: int | None) -> Response:
    if chosen == survey.score:
        return RedirectResponse(f"/rate/{token}", 303)
    text = f"You have already rated this call: {survey.score} of {HIGHEST}. The first rating stands"
    return _page(request, survey, refused=text, status=status_of(AlreadyRated))


def _page(
    request: Request,
    survey: SurveyPage,
    *,
    status: int,
    refused: str = "",
    comment: str = "",
    chosen: int | None = None,
) -> HTMLResponse:
    context = {"survey": survey, "open": _is_open(survey), "scores": SCORES, "longest": LONGEST_COMMENT}
    context["zone"] = times.zone_or(survey.customer_zone, survey.desk_zone)
    return page(request, "customer/rate.html", status, **context, refused=refused, comment=comment, chosen=chosen)


def _is_open(survey: SurveyPage) -> bool:
    return survey.score is None and survey.expires_at > current_time()
