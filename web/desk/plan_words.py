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


def plan_lines(plan: Plan, *, booked: bool) -> list[str]:
    """The plan as short sentences, in chronological order; ``booked`` is False for a call now, which has no start."""
    decision = plan.decision
    lines = [f"The call goes to {plan.pool_text}; it lasts {length(decision.booking.slot)}.", _asking(plan, booked)]
    lines += [f"Nobody in {length(step.after)}: {step.text or _STEPS[step.kind]}." for step in decision.steps]
    if decision.note:
        lines.append(f"Note: {decision.note}")
    return lines


def _asking(plan: Plan, booked: bool) -> str:
    calls = plan.decision.calls
    if not booked:
        when = "as soon as one is free"
    else:
        when = f"{length(calls.prepare)} before it starts" if calls.prepare else "when it starts"
    if calls.accept_automatically:
        return f"A person is given it {when}, without being asked."
    return f"A person is asked {when}, and has {length(calls.offer)} to answer."


def rule_lines(plan: Plan) -> list[str]:
    """Why this rule matched, then why each rule above it did not."""
    reasons = plan.decision.why
    matched = [f"{reason.text} (line {reason.line})" for reason in reasons if reason.held]
    return matched + [
        f"not “{reason.rule}”, {reason.because or reason.text} (line {reason.line})"
        for reason in reasons
        if not reason.held
    ]
