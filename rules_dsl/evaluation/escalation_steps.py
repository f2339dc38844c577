"""Who may be asked when, for one decision: its steps as they come if nobody takes the call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rules_dsl.directory import Directory, Person
from rules_dsl.evaluation.pools import pool
from rules_dsl.model.decision import CallKind, Decision, Pool, StepKind


@dataclass(frozen=True)
class EscalationStep:
    """From ``after`` on these may be asked, until the next step comes."""

    after: int
    """Seconds since the search began."""
    text: str
    """The step as it was written; for the first one ``send to …``."""
    kind: StepKind | None
    """None: the first one."""
    pool: Pool
    new: tuple[int, ...]
    """Members whom the step before did not have."""


def asked_when(decision: Decision, directory: Directory) -> tuple[EscalationStep, ...]:
    """Empty where no call is allowed. A pool that holds nobody costs no time: the next step comes at once."""
    if decision.kind is CallKind.REFUSED:
        return ()
    first = pool(decision, directory, 0, step=0)
    targets = " or ".join(target.text for target in decision.targets)
    steps = [EscalationStep(0, f"send to {targets}", None, first, first.members)]
    for place, step in enumerate(decision.steps, 1):
        before = steps[-1]
        found = pool(decision, directory, step.after, step=place)
        new = tuple(member for member in found.members if member not in before.pool.members)
        after = step.after if before.pool.members else before.after
        steps.append(EscalationStep(after, step.text, step.kind, found, new))
    return tuple(steps)


def on_shift(person: Person, moment: datetime) -> bool:
    """Whether a weekly shift covers the moment; somebody without shifts is always there."""
    for shift in person.shifts:
        local = moment.astimezone(ZoneInfo(shift.time_zone))
        if local.weekday() in shift.days and shift.start_minute <= local.hour * 60 + local.minute < shift.end_minute:
            return True
    return not person.shifts
