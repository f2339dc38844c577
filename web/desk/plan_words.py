"""A plan in sentences: who is asked, when, and by which rule."""

from __future__ import annotations

from domain.plan import Plan
from rules_dsl.model.decision import StepKind
from web.wording.times import length

_STEPS = {
    StepKind.WIDEN: "ask more people",
    StepKind.DROP_SKILL: "also ask people without the skill",
    StepKind.DROP_PREFERRED: "no longer prefer anybody",
    StepKind.ALERT_LEAD: "alert the team lead",
    StepKind.ALERT_DUTY: "alert the person on duty",
    StepKind.OFFER_BOOKING: "tell the customer that nobody is available, and offer a booking",
}


def plan_lines(plan: Plan) -> list[str]:
    """The plan as short sentences, in chronological order."""
    decision = plan.decision
    lines = [
        f"The call goes to {plan.pool_text}; it lasts {length(decision.booking.slot)}.",
        f"A person is asked {length(decision.calls.prepare)} before it starts, "
        f"and has {length(decision.calls.offer)} to answer."
        if decision.calls.prepare
        else f"A person is asked when it starts, and has {length(decision.calls.offer)} to answer.",
    ]
    lines += [f"Nobody in {length(step.after)}: {step.text or _STEPS[step.kind]}." for step in decision.steps]
    if decision.note:
        lines.append(f"Note: {decision.note}")
    return lines


def rule_lines(plan: Plan) -> list[str]:
    """Why this rule matched, then why each rule above it did not."""
    reasons = plan.decision.why
    matched = [f"{reason.text} (line {reason.line})" for reason in reasons if reason.held]
    return matched + [
        f"not “{reason.rule}”, {reason.because or reason.text} (line {reason.line})"
        for reason in reasons
        if not reason.held
    ]
