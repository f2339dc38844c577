"""The part of a page that asks for a rating, or thanks for one: on the call's own page and on the survey's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from database.stores.survey_page import SurveyPage
from domain.rating import LONGEST_COMMENT, SCORES
from web.wording.rated import RatedWords, rated_words


@dataclass(frozen=True)
class RatingPart:
    """What ``_rate.html`` shows."""

    action: str
    """The address that the form is sent to."""
    asks: bool
    """Whether to show the form."""
    rated: RatedWords | None
    """What the page says to a rating that was given."""
    score: int | None
    """The score to show as chosen."""
    comment: str
    refused: str
    zone: str = ""
    """The time zone chosen by hand, which the form keeps."""
    scores: Mapping[int, str] = field(default_factory=lambda: SCORES)
    longest: int = LONGEST_COMMENT

    @property
    def over(self) -> bool:
        """Whether it is too late for a rating."""
        return not self.asks and self.rated is None

    @property
    def heading(self) -> str:
        if self.asks or self.rated is None:
            return "How was your call?"
        return self.rated.title


def rating_part(
    survey: SurveyPage,
    action: str,
    now: datetime,
    *,
    refused: str = "",
    chosen: int | None = None,
    comment: str = "",
    zone: str = "",
) -> RatingPart:
    """``chosen`` and ``comment`` are what a mail's link or a refused form brought along."""
    if survey.score is None:
        return RatingPart(action, survey.is_open(now), None, chosen, comment, refused, zone)
    words = rated_words(survey.score, survey.plan.decision.feedback.alert_under)
    return RatingPart(action, False, words, survey.score, survey.comment, refused, zone)
