"""Who may be asked, and when: the steps of one decision, assuming that nobody takes the call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rules_dsl.directory import Directory, Person
from rules_dsl.directory.directory import WeeklyShift
from rules_dsl.evaluation.pools import pool
from rules_dsl.model.decision import CallKind, Decision, Pool, StepKind


@dataclass(frozen=True)
class EscalationStep:
    """The people who may be asked from ``after`` until the next step."""

    after: int
    """Seconds since the search began."""
    text: str
    """The step as written; ``send to …`` for the first."""
    kind: StepKind | None
    """None for the first step."""
    pool: Pool
    new: tuple[int, ...]
    """The members of this pool who were not in the previous step's pool."""


def escalation_steps(decision: Decision, directory: Directory) -> tuple[EscalationStep, ...]:
    """The steps of a decision; none if calls are refused. After a step with an empty pool, the next follows
    immediately."""
    if decision.kind is CallKind.REFUSED:
        return ()
    first = pool(decision, directory, 0, step=0)
    targets = " or ".join(target.text for target in decision.targets)
    steps = [EscalationStep(0, f"send to {targets}", None, first, first.members)]
    for place, step in enumerate(decision.steps, 1):
        previous = steps[-1]
        widened = pool(decision, directory, step.after, step=place)
        new = tuple(member for member in widened.members if member not in previous.pool.members)
        after = step.after if previous.pool.members else previous.after
        steps.append(EscalationStep(after, step.text, step.kind, widened, new))
    return tuple(steps)


def on_shift(person: Person, moment: datetime) -> bool:
    """Whether a weekly shift covers the moment; a person without shifts is always on shift."""
    return is_on_shift(person.shifts, moment)


def is_on_shift(shifts: Sequence[WeeklyShift], moment: datetime) -> bool:
    """Whether one of these shifts covers the moment; without any, the answer is yes."""
    for shift in shifts:
        local = moment.astimezone(ZoneInfo(shift.time_zone))
        if local.weekday() in shift.days and shift.start_minute <= local.hour * 60 + local.minute < shift.end_minute:
            return True
    return not shifts
