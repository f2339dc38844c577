"""A plan read aloud: who is asked, when, and by which rule."""

from __future__ import annotations

from domain.plan import Plan
from rules_dsl.model.decision import StepKind
from web.wording.times import length

_STEPS = {
    StepKind.WIDEN: "ask more people",
    StepKind.DROP_SKILL: "ask those without the skill too",
    StepKind.DROP_PREFERRED: "no longer prefer anybody",
    StepKind.ALERT_LEAD: "alert the team lead",
    StepKind.ALERT_DUTY: "alert the person on duty",
    StepKind.OFFER_BOOKING: "tell the customer that nobody is available, and offer a booking",
}


def plan_lines(plan: Plan) -> list[str]:
    """Short sentences, in the order in which things happen."""
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
    """Why this rule, and then why none above it."""
    why = plan.decision.why
    held = [f"{reason.text} (line {reason.line})" for reason in why if reason.held]
    return held + [f"not “{r.rule}”, {r.because or r.text} (line {r.line})" for r in why if not r.held]
