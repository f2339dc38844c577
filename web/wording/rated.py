"""What the customer reads once they have rated a call. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from database.stores.survey_page import SurveyPage
from domain.rating import HIGHEST, SCORES, is_low
from web.wording import times


@dataclass(frozen=True)
class RatedWords:
    title: str
    says: str
    call_back: str = ""
    """What becomes of the call back that the customer asked for; empty if they didn't."""
    offers_call_back: bool = False
    """Whether to ask if we shall call them back."""
    sorry: bool = False


def rated_words(survey: SurveyPage, zone: str, now: datetime) -> RatedWords:
    """The words for a call that has a rating."""
    assert survey.score is not None
    says = f"You rated this call {survey.score} out of {HIGHEST}: {SCORES[survey.score]}."
    call_back = _call_back(survey, zone, now)
    if is_low(survey.score, survey.plan.decision.feedback.alert_under):
        offers = survey.call_back is None
        return RatedWords("We are sorry", f"{says} It should have gone better.", call_back, offers, sorry=True)
    return RatedWords("Thank you", says, call_back)


def _call_back(survey: SurveyPage, zone: str, now: datetime) -> str:
    if survey.call_back is None:
        return ""
    if survey.call_back.done_at is not None:
        return f"You asked us to call you back. That was done on {times.when(survey.call_back.done_at, zone)}."
    due = times.when(survey.call_back.due_at, zone)
    if survey.call_back.due_at <= now:
        return f"We were to call you back by {due}, and are late. We are sorry; your request is still open."
    return f"You asked us to call you back. We aim to do so by {due}."
