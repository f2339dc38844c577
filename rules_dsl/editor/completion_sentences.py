"""The sentences allowed in each kind of block, as patterns for completion."""

from __future__ import annotations

from rules_dsl.editor.completion_grammar import Any, Gap, InTurn, Pattern, either, in_turn, name, perhaps, phrase
from rules_dsl.editor.completion_names import DURATION, NUMBER, TEXT, KnownNames
from rules_dsl.model.clock_words import DAYS
from rules_dsl.model.decision import OrderKey
from rules_dsl.syntax import parse_settings
from rules_dsl.syntax.tree import BlockKind
from rules_dsl.syntax.tree_actions import StepWord

_DAY = Gap(quoted=False, choices=tuple(phrase(day, "value") for day in DAYS))
_CLOCK = Gap(quoted=False)
_DURATIONS = in_turn(DURATION, Any(in_turn(either(", and", ",", "and"), DURATION)))
_PLAIN_STEPS = tuple(word.value for word in StepWord if word not in (StepWord.WIDEN, StepWord.DROP_SKILL))
_STEP_OUTCOMES = tuple(word.value for word in (StepWord.ALERT_LEAD, StepWord.ALERT_DUTY, StepWord.OFFER_BOOKING))


def headings(names: KnownNames) -> tuple[Pattern, ...]:
    """The headings, which can follow any block."""
    desk = Gap(choices=(name(names.directory.desk, "value", "this organisation"),))
    alone = (kind.value for kind in parse_settings.SENTENCES if kind is not BlockKind.HEAD)
    return (
        in_turn("rule", TEXT), in_turn("define", TEXT), phrase("otherwise"), phrase("by default"),
        in_turn("rules for", desk), _hours(names), in_turn("expect", TEXT), in_turn("expect never", TEXT),
        phrase("expect every escalation finds a rule"), *(phrase(word) for word in alone),
    )  # fmt: skip


def action_sentences(names: KnownNames) -> tuple[Pattern, ...]:
    skill = either(in_turn("skill", names.skills), "the customer's language", "skill of this product area")
    keys = either(*(key.value for key in OrderKey))
    step = either(in_turn("widen to", names.targets), in_turn("drop skill", names.skills), *_PLAIN_STEPS)
    return (
        in_turn("send to", names.targets),
        in_turn("require", skill, perhaps(in_turn("at level", NUMBER))),
        in_turn("prefer", skill, Any(in_turn("or", skill))),
        in_turn("order by", keys, Any(in_turn(either(", then", "then"), keys))),
        in_turn("if nobody in", DURATION, ",", step),
        phrase("offer booking only"),
        in_turn("no call, say", TEXT),
        in_turn("book slots of", DURATION),
        in_turn("prepare", DURATION, "before"),
        in_turn("note", TEXT),
    )


def conditions(names: KnownNames, *leads: str) -> tuple[Pattern, ...]:
    return (in_turn(either(*leads), names.condition), *((phrase("when anything"),) if "when" in leads else ()))


def expectations(names: KnownNames) -> tuple[Pattern, ...]:
    return (in_turn("given", names.given_fact, Any(in_turn(",", names.given_fact))), in_turn("at", _DAY, _CLOCK))


def outcomes(names: KnownNames) -> tuple[Pattern, ...]:
    plain = either("a call", "booking only", "no call", "otherwise", *_STEP_OUTCOMES)
    out = in_turn(perhaps(phrase("not")), either(in_turn("rule", names.rules), names.targets, plain))
    return (
        in_turn(either("then", "and"), perhaps(phrase("also")), out),
        in_turn("after", DURATION, perhaps(phrase("also")), out),
    )


def settings(names: KnownNames, kind: BlockKind) -> tuple[Pattern, ...]:
    """The sentences of a settings block, from the parser's own patterns."""
    return tuple(_setting(names, sentence.pattern) for sentence in parse_settings.SENTENCES.get(kind, ()))


def _hours(names: KnownNames) -> Pattern:
    span = in_turn(_DAY, perhaps(in_turn("to", _DAY)), _CLOCK, "to", _CLOCK)
    holidays = in_turn(either(", except holidays", "except holidays"), names.holidays)
    zone = in_turn("in", names.zone)
    return in_turn("hours", TEXT, "are", span, Any(in_turn("and", span)), perhaps(zone), perhaps(holidays))


def _setting(names: KnownNames, pattern: str) -> Pattern:
    parts: list[Pattern] = []
    fixed_words: list[str] = []
    for part in (*pattern.split(), ""):
        if part and not part.startswith("{") and "|" not in part:
            fixed_words.append(part)
            continue
        if fixed_words:
            parts.append(phrase(" ".join(fixed_words)))
        if part:
            parts.append(_gap(names, part, fixed_words[-1] if fixed_words else ""))
        fixed_words = []
    return InTurn(tuple(parts))


def _gap(names: KnownNames, part: str, before: str) -> Pattern:
    match part:
        case "{alert}":
            return either(*parse_settings.ALERTS)
        case "{count}" | "{score}" | "{percent}":
            return NUMBER
        case "{duration}":
            return DURATION
        case "{durations}":
            return _DURATIONS
        case "{condition}":
            return names.condition
        case "{name}":
            return {"title": names.titles, "hours": names.hours}.get(before, TEXT)
        case "{word}":
            code = phrase(names.directory.currency, "value", "the organisation's currency")
            currency = Gap(quoted=False, choices=(code,))
            return {"zone": names.zone, "currency": currency}.get(before, Gap(quoted=False))
    return either(*part.split("|"))
