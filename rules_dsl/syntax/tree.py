"""The syntax tree of a rules file, with positions. Names are as written; no directory is involved."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from rules_dsl.syntax.tokens import Comment
from rules_dsl.syntax.tree_actions import ActionLine
from rules_dsl.syntax.tree_conditions import Condition, Duration, Phrase, Place, WhenLine


@dataclass(frozen=True)
class Setting:
    """One line of a settings block: the key of its sentence, and the values in the gaps."""

    key: str
    at: Place
    number: int = 0
    durations: tuple[Duration, ...] = ()
    name: Phrase | None = None
    condition: Condition | None = None


@dataclass(frozen=True)
class DaySpan:
    """A span of time on some weekdays; ``start`` and ``end`` are minutes of the day."""

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
class ExpectedOutcome:
    """An expected result, ``after`` seconds into the search."""

    kind: str
    """``rule``, ``team``, ``title``, ``booking only``, ``no call``, ``a call``, or the words of a step."""
    names: tuple[Phrase, ...]
    negated: bool
    also: bool
    after: int
    text: str
    at: Place
    first: bool = False
    """Whether it is about the beginning of the search: ``at first``."""


@dataclass(frozen=True)
class GivenFact:
    """One fact of an example, not yet split into name and value."""

    words: tuple[Phrase, ...]
    at: Place


@dataclass(frozen=True, slots=True)
class Block:
    """One block. Only the fields that apply to its kind are set."""

    kind: BlockKind
    at: Place
    name: Phrase | None = None
    when: tuple[WhenLine, ...] = ()
    actions: tuple[ActionLine, ...] = ()
    settings: tuple[Setting, ...] = ()
    spans: tuple[DaySpan, ...] = ()
    zone: Phrase | None = None
    holidays: Phrase | None = None
    given: tuple[GivenFact, ...] = ()
    moment: tuple[int, int] | None = None
    """Weekday and minute of the day, from an example's ``at``."""
    outcomes: tuple[ExpectedOutcome, ...] = ()
    damaged: bool = False
    """Whether one of its lines failed to parse; if so, that line may contain whatever seems to be missing."""


@dataclass(frozen=True)
class RulesFile:
    """A whole file."""

    blocks: tuple[Block, ...]
    comments: tuple[Comment, ...]

    def of(self, kind: BlockKind) -> tuple[Block, ...]:
        return tuple(block for block in self.blocks if block.kind is kind)
