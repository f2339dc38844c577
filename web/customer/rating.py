"""The rating: a score and free words, saved by the customer's own click only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from activities.messages import RateCall
from database.stores.journal.free_text import keep_words
from database.stores.rating import SurveyPage, find_survey
from domain.customer_link import LinkUnknown
from domain.escalation import NotNow
from domain.rating import HIGHEST, LONGEST_COMMENT, LOWEST, AlreadyRated
from web.dependencies import engine_of, gateway_of, link_rate_limit_of
from web.error_status import status_of
from web.page import page
from web.security.csrf import Guarded

router = APIRouter()

SCORES = {1: "very bad", 2: "bad", 3: "fair", 4: "good", 5: "very good"}


@router.get("/rate/{token}")
async def rating_page(request: Request, token: str) -> HTMLResponse:
    survey = await _open(request, token)
    return _page(request, survey, status=200 if _is_open(survey) else 410)


@router.post("/rate/{token}", dependencies=[Guarded])
async def rate(
    request: Request, token: str, score: Annotated[str, Form()] = "", comment: Annotated[str, Form()] = ""
) -> Response:
    """Save the rating; sent again, the first one stands and is shown."""
    survey = await _open(request, token)
    chosen = int(score) if score in map(str, range(LOWEST, HIGHEST + 1)) else None
    if survey.score is not None:
        return _stands(request, token, survey, chosen)
    if not _is_open(survey):
        return _page(request, survey, status=410)
    if chosen is None:
        return _page(request, survey, refused="Choose a score from 1 to 5 first", comment=comment, status=422)
    if len(comment) > LONGEST_COMMENT:
        said = f"Your words have {len(comment)} letters; there is room for {LONGEST_COMMENT}"
        return _page(request, survey, refused=said, comment=comment, chosen=chosen, status=422)
    async with engine_of(request).begin() as conn:
        words = await keep_words(conn, comment)
    try:
        await gateway_of(request).rate(survey.escalation_id, RateCall(survey.call_id, chosen, words))
    except (AlreadyRated, NotNow):
        # The second of a double click may find that the first has ended everything.
        survey = await _open(request, token)
        if survey.score is None:
            raise
        return _stands(request, token, survey, chosen)
    return RedirectResponse(f"/rate/{token}", 303)


async def _open(request: Request, token: str) -> SurveyPage:
    """Raises ``LinkUnknown``, and ``TooManyMisses`` to whoever guesses."""
    async with engine_of(request).connect() as conn:
        survey = await find_survey(conn, token)
    if survey is None:
        link_rate_limit_of(request).count_failure(request)
        raise LinkUnknown
    return survey


def _stands(request: Request, token: str, survey: SurveyPage, chosen: int | None) -> Response:
    if chosen == survey.score:
        return RedirectResponse(f"/rate/{token}", 303)
    said = f"You have rated this call already: {survey.score} of {HIGHEST}. The first rating stands"
    return _page(request, survey, refused=said, status=status_of(AlreadyRated))


def _page(
    request: Request,
    survey: SurveyPage,
    *,
    status: int,
    refused: str = "",
    comment: str = "",
    chosen: int | None = None,
) -> HTMLResponse:
    known = {"survey": survey, "open": _is_open(survey), "scores": SCORES, "longest": LONGEST_COMMENT}
    return page(request, "customer/rate.html", status, **known, refused=refused, comment=comment, chosen=chosen)


def _is_open(survey: SurveyPage) -> bool:
    return survey.score is None and survey.expires_at > datetime.now(UTC)
