"""What a rules file says, as a tree with places. Names are as written; nothing here knows a directory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from rules_dsl.syntax.tokens import Comment
from rules_dsl.syntax.tree_actions import DoLine
from rules_dsl.syntax.tree_conditions import Condition, Duration, Phrase, Place, WhenLine


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
class DaySpan:
    """Some days, from one minute of the day to another."""

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
class GivenFact:
    """One fact of an example, not yet split into its name and its value."""

    words: tuple[Phrase, ...]
    at: Place


@dataclass(frozen=True, slots=True)
class Block:
    """One block with the lines that belong to its kind; the others stay empty."""

    kind: BlockKind
    at: Place
    name: Phrase | None = None
    when: tuple[WhenLine, ...] = ()
    do: tuple[DoLine, ...] = ()
    settings: tuple[Setting, ...] = ()
    spans: tuple[DaySpan, ...] = ()
    zone: Phrase | None = None
    holidays: Phrase | None = None
    given: tuple[GivenFact, ...] = ()
    moment: tuple[int, int] | None = None
    """Weekday and minute of an example's ``at``."""
    outcomes: tuple[ExpectedOutcome, ...] = ()
    damaged: bool = False
    """A line of it was not understood, so what is missing from it may be meant."""


@dataclass(frozen=True)
class RulesFile:
    """A whole file."""

    blocks: tuple[Block, ...]
    comments: tuple[Comment, ...]

    def of(self, kind: BlockKind) -> tuple[Block, ...]:
        return tuple(block for block in self.blocks if block.kind is kind)
