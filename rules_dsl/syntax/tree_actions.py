"""Actions in the syntax tree: targets, skills, order, steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from rules_dsl.syntax.tree_conditions import Duration, Phrase, Place


@dataclass(frozen=True, eq=False)
class TargetPhrase:
    """``team "Support", title "Advisor"``"""

    team: Phrase | None
    titles: tuple[Phrase, ...]
    bare: Phrase | None
    """A name that is not preceded by ``team`` or ``title``; the error is reported once the directory is available."""
    text: str
    at: Place


class SkillKind(Enum):
    NAMED = "named"
    CUSTOMER_LANGUAGE = "the customer's language"
    PRODUCT_AREA = "skill of this product area"


@dataclass(frozen=True)
class SkillPhrase:
    """``skill "diesel" at level 2``"""

    kind: SkillKind
    name: Phrase | None
    level: int
    text: str
    at: Place


@dataclass(frozen=True)
class SendTo:
    """``send to …``"""

    targets: tuple[TargetPhrase, ...]
    at: Place


@dataclass(frozen=True)
class Require:
    """``require …``"""

    skill: SkillPhrase
    at: Place


@dataclass(frozen=True)
class Prefer:
    """``prefer …``"""

    skills: tuple[SkillPhrase, ...]
    at: Place


@dataclass(frozen=True)
class OrderBy:
    """``order by …``"""

    keys: tuple[Phrase, ...]
    """Each is the value of an ``OrderKey``."""
    at: Place


class StepWord(Enum):
    WIDEN = "widen to"
    DROP_SKILL = "drop skill"
    DROP_PREFERRED = "drop preferred skills"
    DROP_AREA_SKILL = "drop skill of this product area"
    ALERT_LEAD = "alert the team lead"
    ALERT_DUTY = "alert the duty manager"
    OFFER_BOOKING = "offer booking"


@dataclass(frozen=True)
class IfNobody:
    """``if nobody in 3 minutes, …``"""

    after: Duration
    step: StepWord
    targets: tuple[TargetPhrase, ...]
    skill: Phrase | None
    text: str
    """The step as written, without ``if nobody in``."""
    at: Place


@dataclass(frozen=True)
class OfferBookingOnly:
    """``offer booking only``"""

    at: Place


@dataclass(frozen=True)
class NoCall:
    """``no call, say …``"""

    say: Phrase
    at: Place


@dataclass(frozen=True)
class BookSlots:
    """``book slots of …``"""

    length: Duration
    at: Place


@dataclass(frozen=True)
class Prepare:
    """``prepare … before``"""

    before: Duration
    at: Place


@dataclass(frozen=True)
class Note:
    """``note …``"""

    text: Phrase
    at: Place


ActionLine = SendTo | Require | Prefer | OrderBy | IfNobody | OfferBookingOnly | NoCall | BookSlots | Prepare | Note


def on_line(action: ActionLine, line: int) -> ActionLine:
    """The same sentence on another line."""
    return replace(action, at=Place(line, action.at.column, action.at.length))
