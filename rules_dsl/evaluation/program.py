"""Conditions and rules with every name resolved: what deciding walks over."""

from __future__ import annotations

from dataclasses import dataclass, field

from rules_dsl.model.decision import CallKind, OpenHours, OrderKey, Step, Target
from rules_dsl.syntax.tree_actions import SkillKind


@dataclass(frozen=True, slots=True)
class OneOf:
    """A choice is one of these."""

    fact: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """Both ends count; None is no end."""

    fact: str
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class IsKnown:
    """A fact is not missing."""

    fact: str


@dataclass(frozen=True, slots=True)
class IsYes:
    """A yes-or-no fact holds."""

    fact: str


@dataclass(frozen=True, slots=True)
class HasTags:
    """A set of tags has any, or every one, of these."""

    fact: str
    tags: tuple[str, ...]
    every: bool


@dataclass(frozen=True, slots=True)
class InHours:
    """The moment lies in opening hours."""

    hours: OpenHours


@dataclass(frozen=True, slots=True)
class IsDefined:
    """What a `define` block says."""

    name: str
    when: When


Test = OneOf | Within | IsKnown | IsYes | HasTags | InHours | IsDefined


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition. A ruleset has it once, however many lines say it."""

    test: Test
    negated: bool
    text: str
    """As written, without ``when`` or ``and``."""


@dataclass(frozen=True, slots=True)
class When:
    """Any of the alternatives, each with all its clauses; and none of ``unless``."""

    alternatives: tuple[tuple[Clause, ...], ...]
    """An empty alternative always holds: ``when anything``."""
    unless: tuple[Clause, ...] = ()
    lines: tuple[int, ...] = field(default=(), compare=False)
    """1-based line of each clause, those of ``unless`` last; empty where it was never written."""


ALWAYS = When(((),))


@dataclass(frozen=True, slots=True)
class SkillWant:
    """A skill phrase; what it asks for may depend on the customer's language or the product area."""

    kind: SkillKind
    skill: int | None
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule with its defaults filled in."""

    name: str
    line: int
    when: When
    kind: CallKind
    refusal: str
    targets: tuple[Target, ...]
    requires: tuple[SkillWant, ...]
    prefers: tuple[tuple[SkillWant, ...], ...]
    order: tuple[OrderKey, ...]
    steps: tuple[Step, ...]
    """A ``DROP_SKILL`` step without a skill drops the skill of the escalation's product area."""
    slot: int | None
    prepare: int | None
    note: str


@dataclass(frozen=True)
class MoreCalls:
    """``up to 1 more when …``"""

    number: int
    clause: Clause


@dataclass(frozen=True)
class LimitRules:
    """The limits of a file; the strictest of each kind."""

    calls_a_day: int | None = None
    title_calls_a_day: tuple[tuple[int, int], ...] = ()
    more: tuple[MoreCalls, ...] = ()
    gap: int = 0
    shift_percent: int | None = None
    shift_end: int = 0
