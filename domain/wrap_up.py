"""The wrap-up: what the agent records after a call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from domain.escalation import Outcome


class Resolution(StrEnum):
    YES = "yes"
    NO = "no"
    FOLLOW_UP = "follow_up"


EXTRA = timedelta(minutes=10)
"""Added to the plan's wrap-up time; when both have passed, the call is closed even without a wrap-up."""

CAUSES = ("product fault", "missing feature", "unclear documentation", "wrong use", "billing", "other")
FOLLOW_UPS = ("none", "reply in the ticket", "another call", "bug report", "change to the documentation")
"""A fixed set of choices instead of free text, because it is written into the workflow's history."""
GAPS = ("none", "product", "documentation", "training", "process")


@dataclass(frozen=True)
class WrapUp:
    resolved: Resolution
    cause: str = ""
    product_area: str = ""
    gap: str = ""
    follow_up: str = ""
    note: str = ""


def outcome_of(wrap_up: WrapUp | None) -> Outcome:
    if wrap_up is None:
        return Outcome.NOT_RECORDED
    return Outcome.RESOLVED if wrap_up.resolved is Resolution.YES else Outcome.UNRESOLVED
