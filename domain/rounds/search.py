"""The search for a person: where it stands, which steps its time has come for, whom it may ask."""

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
    """A call that waits for somebody."""

    call_id: str
    escalation_id: str
    plan: Plan
    starts_at: datetime | None
    """None: now."""
    began_at: datetime
    """When the search began."""
    step: int
    skipped: int
    """Seconds of search that empty steps did not cost."""
    refused_by: frozenset[int] = frozenset()
    """Those who declined it or did not come to it."""
    knows_customer: frozenset[int] = frozenset()
    """Those who had a call with this customer before."""
    needed: frozenset[int] = frozenset()
    """Those without whom the seats sold for its time could not all be served."""
    csat_here: Mapping[int, float] = field(default_factory=dict)
    """Mean ratings on this call's product area, by person, as far as there are any."""
    muster_at: datetime | None = None
    """When its search is to begin; None: it has begun."""

    @property
    def due_at(self) -> datetime:
        return self.muster_at or self.began_at

    def needs(self, now: datetime) -> Needs:
        """What it asks of whoever takes it. A booked call that is late keeps its planned end."""
        decision = self.plan.decision
        lasts = timedelta(seconds=decision.booking.slot)
        wrap_up = timedelta(seconds=decision.calls.wrap_up)
        return Needs(decision.limits, self.starts_at or now, lasts, self.starts_at is not None, wrap_up)


@dataclass(frozen=True)
class SearchState:
    """Where a search stands after a look at it."""

    call: DueCall
    """With its new step and skipped time."""
    taken: tuple[Step, ...] = ()
    """Steps taken now."""
    exhausted: bool = False


class Pools:
    """Whom each plan may ask at each of its steps, worked out once a round for all plans that ask alike."""

    def __init__(self, directory: Directory, colleagues: Mapping[int, Colleague]) -> None:
        self._directory = directory
        self._colleagues = colleagues
        self._known: dict[object, Pool] = {}

    def at(self, decision: Decision, step: int) -> Pool:
        key = self.key(decision, step)
        if key not in self._known:
            self._known[key] = pool(decision, self._directory, 0, step=step)
        return self._known[key]

    def key(self, decision: Decision, step: int) -> tuple[object, ...]:
        """Equal for plans that ask the same people."""
        return (decision.targets, decision.requires, decision.steps[:step])

    def somebody_on_duty(self, call: DueCall, step: int) -> bool:
        return any(
            colleague.on_duty and colleague.person not in call.refused_by
            for colleague in map(self._colleagues.get, self.at(call.plan.decision, step).members)
            if colleague is not None
        )


def advance(call: DueCall, pools: Pools, now: datetime) -> SearchState:
    """Take every step whose time has come, and at once those that follow a pool with nobody on duty."""
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
    moved = replace(call, step=at, skipped=skipped)
    return SearchState(moved, tuple(taken), _exhausted(moved, now))


def _exhausted(call: DueCall, now: datetime) -> bool:
    """Whether the customer must be told. Never before the hour that they booked."""
    searching = (now - call.began_at).total_seconds()
    early = call.starts_at is not None and now < call.starts_at
    return searching >= call.plan.gives_up_after and not early
