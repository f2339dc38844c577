"""Describes in words how rules' actions and the settings differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace

from rules_dsl.evaluation.program import LimitRules, Rule
from rules_dsl.evaluation.ruleset import Ruleset
from rules_dsl.model.amounts import format_duration
from rules_dsl.model.decision import (
    Booking,
    CallKind,
    CallTimes,
    Feedback,
    FollowUpTerms,
    Links,
    OpenHours,
    Reminders,
    Step,
    StepKind,
)
from rules_dsl.syntax.parse_settings import ALERTS

OTHERWISE = "otherwise"
_KINDS = {CallKind.CALL: "a call", CallKind.BOOKING_ONLY: "booking only", CallKind.REFUSED: "no call"}
_NUMBERS = frozenset(
    {
        "notice_working_days", "horizon_working_days", "a_day_per_agent", "reserve_percent", "calls_a_day",
        "shift_percent", "alert_under",
    }
)  # fmt: skip
_LABELS = {
    "slot": "slots", "hours": "during hours", "horizon": "ahead", "horizon_working_days": "working days ahead",
    "a_day_per_agent": "bookings a day per agent", "reserve_percent": "percent kept in reserve",
    "calls_a_day": "calls a day per agent", "gap": "time between calls", "shift_percent": "percent of a shift in calls",
    "shift_end": "no call at the end of a shift", "title_calls_a_day": "calls a day by title",
    "more": "more calls a day", "prepare": "preparation", "offer": "time of an offer", "wrap_up": "wrap-up",
    "wait_for_customer": "wait for the customer", "ask_after": "time until the survey",
    "ask_again_after": "time until the survey's reminder", "alert_under": "the team lead is alerted under a score of",
    "follow_up": "customers who gave a low score are called back",
    "every": "time between two surveys of a customer", "customer": "the customer is reminded before",
    "agent": "the agent is reminded before", "live_expires": "a live call link expires after",
    "booking_expires": "a booking link expires after", "survey_expires": "a survey link expires after",
}  # fmt: skip


def rule_title(rule: Rule) -> str:
    return "`otherwise`" if rule.name == OTHERWISE else f'rule "{rule.name}"'


def outcome_words(rule: Rule) -> str:
    """``team "Office"``, ``booking only, team "Support"``, ``no call``"""
    if rule.kind is CallKind.REFUSED:
        return _KINDS[rule.kind]
    targets = ", ".join(target.text for target in rule.targets)
    return f"booking only, {targets}" if rule.kind is CallKind.BOOKING_ONLY else targets


def same_outcome(one: Rule, other: Rule) -> bool:
    """Whether two rules are the same apart from their names and conditions."""
    return replace(one, name="", line=0, when=other.when) == replace(other, name="", line=0)


def _step_words(step: Step) -> str:
    return f"after {format_duration(step.after)} {step.text}"


_PARTS: dict[str, Callable[[Rule], str]] = {
    "it gives": lambda rule: _KINDS[rule.kind],
    "it says": lambda rule: f'"{rule.refusal}"' if rule.refusal else "",
    "it asks": lambda rule: ", ".join(target.text for target in rule.targets),
    "it requires": lambda rule: ", ".join(f"{skill.text} at level {skill.level}" for skill in rule.requires),
    "it prefers": lambda rule: ", then ".join(" or ".join(skill.text for skill in skills) for skills in rule.prefers),
    "it orders by": lambda rule: ", then ".join(rule.order),
    "if nobody takes it": lambda rule: ", ".join(_step_words(step) for step in rule.steps),
    "it books slots of": lambda rule: "" if rule.slot is None else format_duration(rule.slot),
    "preparation before": lambda rule: "" if rule.prepare is None else format_duration(rule.prepare),
    "its note": lambda rule: f'"{rule.note}"' if rule.note else "",
}


def changed_actions(before: Sequence[Rule], after: Sequence[Rule]) -> Iterator[str]:
    """Yield the differences in actions, matching rules by name."""
    old, new = {rule.name: rule for rule in before}, {rule.name: rule for rule in after}
    for name, rule in new.items():
        if name not in old:
            yield f"{rule_title(rule)} is new ({outcome_words(rule)})"
            continue
        for label, part in _PARTS.items():
            was, now = part(old[name]), part(rule)
            if was != now:
                yield f"{rule_title(rule)}: {label} {now or 'nothing'}, before: {was or 'nothing'}"
    yield from (f"{rule_title(rule)} was removed" for name, rule in old.items() if name not in new)


_Block = Booking | CallTimes | Reminders | Feedback | Links | LimitRules


def changed_settings(before: Ruleset, after: Ruleset) -> Iterator[str]:
    blocks: tuple[tuple[str, _Block, _Block], ...] = (
        ("limits", before.limits, after.limits),
        ("booking", before.booking, after.booking),
        ("calls", before.calls, after.calls),
        ("reminders", before.reminders, after.reminders),
        ("feedback", before.feedback, after.feedback),
        ("links", before.links, after.links),
    )
    if before.time_zone != after.time_zone:
        yield f"time zone: {after.time_zone}, before: {before.time_zone}"
    for block, old, new in blocks:
        for field in fields(new):
            was, now = (_value_words(field.name, getattr(one, field.name)) for one in (old, new))
            if was != now:
                label = _LABELS.get(field.name, field.name.replace("_", " "))
                yield f"{block}: {label} {now}, before: {was}"


def _value_words(name: str, value: object) -> str:
    match value:
        case None | ():
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value) if name in _NUMBERS else format_duration(value)
        case FollowUpTerms():
            return _follow_up(value)
        case OpenHours():
            return _hours(value)
        case tuple() if name in ("customer", "agent"):
            return " and ".join(format_duration(one) for one in value if isinstance(one, int))
        case tuple() if name == "more":
            return ", ".join(f"{one.number} when {one.clause.text}" for one in value)
        case tuple():
            return ", ".join(str(number) for _, number in value)
    return str(value)


def _hours(hours: OpenHours) -> str:
    spans = len(hours.spans)
    return f'"{hours.name}" ({sum(end - start for _, start, end in hours.spans) // 60} hours in {spans} spans a week)'


def _follow_up(terms: FollowUpTerms) -> str:
    """``within 1 working day by title "Support Lead", then alert the team lead``"""
    days = "working day" if terms.working_days == 1 else "working days"
    within = f"{terms.working_days} {days}" if terms.working_days else format_duration(terms.within)
    who = f'title "{terms.title_name}"' if terms.title is not None else "the team lead"
    return f"within {within} by {who}, then {ALERTS[terms.alert is StepKind.ALERT_DUTY]}"
