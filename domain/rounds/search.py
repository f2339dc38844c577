"""The search for a person: its state, the steps that are due, and whom it may ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.plan import Plan
from domain.rounds.eligibility import Colleague, Needs
from rules_dsl import pool
from rules_dsl.directory import Directory
from rules_dsl.model.decision import Decision, Pool, Step, StepKind


@dataclass(frozen=True)
class DueCall:
    """A call waiting for a person."""

    call_id: str
    escalation_id: str
    plan: Plan
    starts_at: datetime | None
    """None if the call is wanted now."""
    began_at: datetime
    """When the search began."""
    step: int
    skipped: int
    """How many seconds of search were saved by skipping steps whose pool had nobody on duty."""
    refused_by: frozenset[int] = frozenset()
    """People who declined this call or did not join it."""
    knows_customer: frozenset[int] = frozenset()
    """People who have had a call with this customer before."""
    needed: frozenset[int] = frozenset()
    """People without whom the seats sold for the time of this call can't all be served."""
    csat_here: Mapping[int, float] = field(default_factory=dict)
    """Each person's mean rating in this call's product area, for those who have ratings."""
    muster_at: datetime | None = None
    """When the search for this call will begin; None if it has already begun."""
    interrupted: timedelta = timedelta(0)
    """How much later the search ends because of outages since this call was last read, or how late it begins; already
    part of ``began_at``."""

    @property
    def due_at(self) -> datetime:
        return self.muster_at or self.began_at

    def needs(self, now: datetime) -> Needs:
        """What the call demands of the person who takes it. A booked call that is late keeps its planned end."""
        decision = self.plan.decision
        lasts = timedelta(seconds=decision.booking.slot)
        wrap_up = timedelta(seconds=decision.calls.wrap_up)
        return Needs(decision.limits, self.starts_at or now, lasts, self.starts_at is not None, wrap_up)


@dataclass(frozen=True)
class SearchState:
    """A search's state after it has been advanced."""

    call: DueCall
    """The call, with its step and skipped time updated."""
    taken: tuple[Step, ...] = ()
    """The steps that were just taken."""
    exhausted: bool = False


class Pools:
    """Whom each plan may ask at each of its steps, computed once per round for all plans that ask the same people."""

    def __init__(self, directory: Directory, colleagues: Mapping[int, Colleague]) -> None:
        self._directory = directory
        self._colleagues = colleagues
        self._pools: dict[object, Pool] = {}

    def at(self, decision: Decision, step: int) -> Pool:
        key = self.key(decision, step)
        if key not in self._pools:
            self._pools[key] = pool(decision, self._directory, 0, step=step)
        return self._pools[key]

    def key(self, decision: Decision, step: int) -> tuple[object, ...]:
        """A key that is equal for plans that ask the same people."""
        return (decision.targets, decision.requires, decision.steps[:step])

    def somebody_on_duty(self, call: DueCall, step: int) -> bool:
        return any(
            colleague.on_duty and colleague.person not in call.refused_by
            for colleague in map(self._colleagues.get, self.at(call.plan.decision, step).members)
            if colleague is not None
        )

    def nobody_before(self, call: DueCall, moment: datetime) -> bool:
        """Whether everybody whom this call may ask at its step is off shift until ``moment`` or later."""
        members = self.at(call.plan.decision, call.step).members
        returns = [None if one is None else one.returns_at for one in map(self._colleagues.get, members)]
        return all(returns_at is not None and returns_at >= moment for returns_at in returns)


def advance(call: DueCall, pools: Pools, now: datetime, *, desks_return: bool = False) -> SearchState:
    """Take every step that is due. If a step's pool has nobody on duty, the next step is due immediately.

    ``desks_return``: after a standstill, no search widens or ends before desks could come back.
    """
    if desks_return:
        return SearchState(call)
    steps = call.plan.decision.steps
    elapsed = int((now - call.began_at).total_seconds()) + call.skipped
    skipped, at, taken = call.skipped, call.step, []
    while at < len(steps) and steps[at].kind is not StepKind.OFFER_BOOKING:
        step = steps[at]
        if elapsed < step.after:
            if pools.somebody_on_duty(call, at):
                break
            skipped += step.after - elapsed
            elapsed = step.after
        taken.append(step)
        at += 1
    advanced = replace(call, step=at, skipped=skipped)
    return SearchState(advanced, tuple(taken), _exhausted(advanced, now) or _is_futile(advanced, pools))


def _exhausted(call: DueCall, now: datetime) -> bool:
    """Whether the search is over, so that the customer must be told; never true before the booked start time."""
    searching = (now - call.began_at).total_seconds()
    early = call.starts_at is not None and now < call.starts_at
    return searching >= call.plan.gives_up_after and not early


def _is_futile(call: DueCall, pools: Pools) -> bool:
    """Whether a call now can ask nobody before its search gives up, and alerts nobody who could change that.

    Then the customer is told at once, instead of waiting for nobody.
    """
    steps = call.plan.decision.steps
    if call.starts_at is not None or any(step.kind in (StepKind.ALERT_LEAD, StepKind.ALERT_DUTY) for step in steps):
        return False
    return pools.nobody_before(call, call.began_at + timedelta(seconds=call.plan.gives_up_after))
