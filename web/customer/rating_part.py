"""The part of a page that asks for a rating, or thanks for one: on the call's own page and on the survey's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypedDict, Unpack
from urllib.parse import quote

from database.stores.survey_page import SurveyPage
from domain.rating import LONGEST_COMMENT, SCORES
from web.wording import times
from web.wording.rated import RatedWords, rated_words


@dataclass(frozen=True)
class RatingPart:
    """What ``_rate.html`` shows."""

    action: str
    """The address that the form is sent to."""
    score: int | None
    """The score to show as chosen."""
    comment: str
    refused: str
    zone: str = ""
    """The time zone chosen by hand, which the form keeps."""
    asks: bool = False
    """Whether to show the form."""
    replaces: int = 0
    """The revision of the rating that the form offers to change; 0 if it asks for a first one."""
    rated: RatedWords | None = None
    """What the page says to a rating that was given."""
    may_change: bool = False
    scores: Mapping[int, str] = field(default_factory=lambda: SCORES)
    longest: int = LONGEST_COMMENT

    @property
    def over(self) -> bool:
        """Whether it is too late for a rating."""
        return not self.asks and self.rated is None

    @property
    def change_address(self) -> str:
        """The page with the form that changes the rating."""
        page = self.action.removesuffix("/rate")
        return f"{page}?change=rating{f'&zone={quote(self.zone)}' if self.zone else ''}"

    @property
    def call_back_address(self) -> str:
        return f"{self.action.removesuffix('/rate')}/call-back"

    @property
    def heading(self) -> str:
        if self.rated is None:
            return "How was your call?"
        return "Change your rating" if self.asks else self.rated.title


class TypedRating(TypedDict, total=False):
    """What a mail's link or a refused form brought along, and whether it is to change a rating."""

    chosen: int | None
    comment: str
    changing: bool
    refused: str


def rating_part(
    survey: SurveyPage, action: str, now: datetime, *, zone: str = "", **typed: Unpack[TypedRating]
) -> RatingPart:
    """The part for a call that is over. The form asks for a first rating, or on request for another one instead."""
    part = RatingPart(action, typed.get("chosen"), typed.get("comment", ""), typed.get("refused", ""), zone)
    if survey.score is None:
        return replace(part, asks=survey.is_open(now))
    reads_in = times.zone_or(zone, times.zone_or(survey.customer_zone, survey.desk_zone))
    part = replace(
        part,
        rated=rated_words(survey, reads_in, now),
        may_change=survey.may_change(now),
    )
    if part.may_change and typed.get("changing"):
        chosen, comment = part.score or survey.score, part.comment if part.refused else survey.comment
        return replace(part, asks=True, score=chosen, comment=comment, replaces=survey.revision)
    return replace(part, score=survey.score, comment=survey.comment)
