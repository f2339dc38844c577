"""What a rules file says, as a tree with places. Names are as written; nothing here knows a directory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from rules_dsl.words import Comment


@dataclass(frozen=True)
class Place:
    """Where a phrase stands: 1-based line and column, length in characters."""

    line: int
    column: int
    length: int


@dataclass(frozen=True)
class Phrase:
    """A name or some bare words, as written."""

    text: str
    at: Place
    quoted: bool = False

    @property
    def written(self) -> str:
        return f'"{self.text}"' if self.quoted else self.text


@dataclass(frozen=True)
class Duration:
    """Whole seconds, or whole working days (then ``seconds`` is 0)."""

    seconds: int
    at: Place
    working_days: int = 0


class Comparison(Enum):
    AT_LEAST = "at least"
    AT_MOST = "at most"
    OVER = "over"
    UNDER = "under"


@dataclass(frozen=True)
class FactIs:
    """``product area is [not] engine, hull or sails``"""

    fact: Phrase
    values: tuple[Phrase, ...]
    negated: bool
    at: Place


@dataclass(frozen=True)
class FactCompares:
    fact: Phrase
    comparison: Comparison
    value: Phrase
    at: Place


@dataclass(frozen=True)
class FactBetween:
    """Both ends count."""

    fact: Phrase
    low: Phrase
    high: Phrase
    at: Place


@dataclass(frozen=True)
class FactKnown:
    fact: Phrase
    known: bool
    at: Place


@dataclass(frozen=True)
class FactHolds:
    """``[not] reopened``"""

    fact: Phrase
    negated: bool
    at: Place


@dataclass(frozen=True)
class TagsInclude:
    fact: Phrase
    tags: tuple[Phrase, ...]
    every: bool
    negated: bool
    at: Place


@dataclass(frozen=True)
class HoursHold:
    hours: Phrase
    inside: bool
    at: Place


@dataclass(frozen=True)
class DefinedHolds:
    name: Phrase
    negated: bool
    at: Place


Condition = FactIs | FactCompares | FactBetween | FactKnown | FactHolds | TagsInclude | HoursHold | DefinedHolds


class Lead(Enum):
    WHEN = "when"
    AND = "and"
    OR_WHEN = "or when"
    UNLESS = "unless"


@dataclass(frozen=True)
class WhenLine:
    lead: Lead
    condition: Condition | None
    """None: ``when anything``, which always holds."""
    text: str
    at: Place


@dataclass(frozen=True)
class TargetPhrase:
    team: Phrase | None
    titles: tuple[Phrase, ...]
    bare: Phrase | None
    """A name without ``team`` or ``title`` before it: wrong, and explained with the directory at hand."""
    text: str
    at: Place


class SkillKind(Enum):
    NAMED = "named"
    CUSTOMER_LANGUAGE = "the customer's language"
    PRODUCT_AREA = "skill of this product area"


@dataclass(frozen=True)
class SkillPhrase:
    kind: SkillKind
    name: Phrase | None
    level: int
    text: str
    at: Place


@dataclass(frozen=True)
class SendTo:
    targets: tuple[TargetPhrase, ...]
    at: Place


@dataclass(frozen=True)
class Require:
    skill: SkillPhrase
    at: Place


@dataclass(frozen=True)
class Prefer:
    skills: tuple[SkillPhrase, ...]
    at: Place


@dataclass(frozen=True)
class OrderBy:
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
    after: Duration
    step: StepWord
    targets: tuple[TargetPhrase, ...]
    skill: Phrase | None
    text: str
    """The step as written, without ``if nobody in``."""
    at: Place


@dataclass(frozen=True)
class BookingOnly:
    at: Place


@dataclass(frozen=True)
class NoCall:
    say: Phrase
    at: Place


@dataclass(frozen=True)
class BookSlots:
    length: Duration
    at: Place


@dataclass(frozen=True)
class Prepare:
    before: Duration
    at: Place


@dataclass(frozen=True)
class Note:
    text: Phrase
    at: Place


DoLine = SendTo | Require | Prefer | OrderBy | IfNobody | BookingOnly | NoCall | BookSlots | Prepare | Note


@dataclass(frozen=True)
class Setting:
    """One line of a settings block: which sentence it is, and what stood in its gaps."""

    key: str
    at: Place
    number: int = 0
    durations: tuple[Duration, ...] = ()
    name: Phrase | None = None
    condition: Condition | None = None


@dataclass(frozen=True)
class Span:
    days: tuple[int, ...]
    start: int
    end: int
    at: Place


class BlockKind(Enum):
    HEAD = "rules for"
    HOURS = "hours"
    DEFINE = "define"
    DEFAULT = "by default"
    RULE = "rule"
    OTHERWISE = "otherwise"
    LIMITS = "limits"
    BOOKING = "booking"
    CALLS = "calls"
    REMINDERS = "reminders"
    FEEDBACK = "feedback"
    LINKS = "links"
    EXPECT = "expect"
    NEVER = "expect never"
    EVERY = "expect every"


@dataclass(frozen=True)
class Outcome:
    """What an expectation says must come out, at ``after`` seconds of search."""

    kind: str
    """``rule``, ``team``, ``title``, ``booking only``, ``no call``, ``a call``, or the words of a step."""
    names: tuple[Phrase, ...]
    negated: bool
    also: bool
    after: int
    text: str
    at: Place


@dataclass(frozen=True)
class Given:
    """One fact of an example, not yet split into its name and its value."""

    words: tuple[Phrase, ...]
    at: Place


@dataclass(frozen=True)
class Block:
    """One block with the lines that belong to its kind; the others stay empty."""

    kind: BlockKind
    at: Place
    name: Phrase | None = None
    when: tuple[WhenLine, ...] = ()
    do: tuple[DoLine, ...] = ()
    settings: tuple[Setting, ...] = ()
    spans: tuple[Span, ...] = ()
    zone: Phrase | None = None
    holidays: Phrase | None = None
    given: tuple[Given, ...] = ()
    moment: tuple[int, int] | None = None
    """Weekday and minute of an example's ``at``."""
    outcomes: tuple[Outcome, ...] = ()
    damaged: bool = False
    """A line of it was not understood, so what is missing from it may be meant."""


@dataclass(frozen=True)
class RulesFile:
    blocks: tuple[Block, ...]
    comments: tuple[Comment, ...]

    def of(self, kind: BlockKind) -> tuple[Block, ...]:
        return tuple(block for block in self.blocks if block.kind is kind)
