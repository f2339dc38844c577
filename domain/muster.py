"""The muster: who is asked to take a call that is due. Pure: everything known in, everything to change out.

A plain choice in the plan's order, the most urgent call first (docs/architecture.md, "The round").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from domain.failure import Failure
from domain.plan import Plan
from rules_dsl import order_values, pool, rank
from rules_dsl.decision import AgentState, Decision, Exclusion, Pool, Step, StepKind
from rules_dsl.directory import Directory

CONSIDERED_AT_MOST = 5
EXCLUDED_AT_MOST = 30


@dataclass
class OfferPassed(Failure):
    """An answer to an offer that is no longer open."""

    state: str

    title = "This offer has passed"

    @property
    def detail(self) -> str:
        reasons = {
            "expired": "it ran out before it was answered",
            "declined": "it was declined",
            "withdrawn": "the call was cancelled or taken back",
            "accepted": "the call has been taken",
            "missed": "the call was given to somebody else",
            "done": "the call is over",
        }
        return f"This offer has passed: {reasons.get(self.state, 'it is not yours')}."


@dataclass(frozen=True)
class Colleague:
    """What is known of one person at the moment of a round."""

    person: int
    hindrance: str
    """Why they can't be asked for anything now (``not on shift``, ``away: lunch``, ``on a call``); else empty."""
    on_duty: bool
    """On shift and present, free or not."""
    idle: timedelta | None
    """Since their last call ended; None where they had none."""
    state: AgentState


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


@dataclass(frozen=True)
class Chosen:
    """An offer to be made."""

    call: DueCall
    person: int
    step: int
    pool_text: str
    values: tuple[str, ...]
    considered: tuple[int, ...]
    excluded: tuple[Exclusion, ...]


@dataclass(frozen=True)
class Searched:
    """Where a search stands after a look at it."""

    call: DueCall
    """With its new step and skipped time."""
    taken: tuple[Step, ...] = ()
    """Steps taken now."""
    exhausted: bool = False


@dataclass(frozen=True)
class RoundResult:
    searches: tuple[Searched, ...]
    offers: tuple[Chosen, ...]


def choose(
    due: Sequence[DueCall], colleagues: Mapping[int, Colleague], directory: Directory, now: datetime
) -> RoundResult:
    """One round. ``due`` is in order of urgency; nobody is given two calls."""
    given: set[int] = set()
    searches: list[Searched] = []
    offers: list[Chosen] = []
    for call in due:
        searched = advance(call, colleagues, directory, now)
        searches.append(searched)
        if searched.exhausted:
            continue
        if (chosen := _choose_one(searched.call, colleagues, directory, given)) is not None:
            given.add(chosen.person)
            offers.append(chosen)
    return RoundResult(tuple(searches), tuple(offers))


def advance(call: DueCall, colleagues: Mapping[int, Colleague], directory: Directory, now: datetime) -> Searched:
    """Take every step whose time has come, and at once those that follow a pool with nobody on duty."""
    steps = call.plan.decision.steps
    elapsed = int((now - call.began_at).total_seconds()) + call.skipped
    skipped, at, taken = call.skipped, call.step, []
    while at < len(steps) and steps[at].kind is not StepKind.OFFER_BOOKING:
        step = steps[at]
        if elapsed < step.after:
            if _somebody_on_duty(call, at, colleagues, directory):
                break
            skipped += step.after - elapsed
            elapsed = step.after
        taken.append(step)
        at += 1
    moved = replace(call, step=at, skipped=skipped)
    return Searched(moved, tuple(taken), _exhausted(moved, now))


def _exhausted(call: DueCall, now: datetime) -> bool:
    """Whether the customer must be told. Never before the hour that they booked."""
    searching = (now - call.began_at).total_seconds()
    early = call.starts_at is not None and now < call.starts_at
    return searching >= call.plan.gives_up_after and not early


def _somebody_on_duty(call: DueCall, step: int, colleagues: Mapping[int, Colleague], directory: Directory) -> bool:
    members = pool(call.plan.decision, directory, 0, step=step).members
    return any(
        colleague.on_duty and colleague.person not in call.refused_by
        for colleague in map(colleagues.get, members)
        if colleague is not None
    )


def _choose_one(
    call: DueCall, colleagues: Mapping[int, Colleague], directory: Directory, given: set[int]
) -> Chosen | None:
    decision = call.plan.decision
    asked = pool(decision, directory, 0, step=call.step)
    free, excluded = _free(call, asked, colleagues, given)
    if not free:
        return None
    states = {
        person: replace(colleagues[person].state, handled_before=person in call.knows_customer) for person in free
    }
    order = rank(decision, call.escalation_id, replace(asked, members=free), states, directory)
    best = order[0]
    return Chosen(
        call,
        best,
        call.step,
        call.plan.pool_text if call.step == 0 else decision.steps[call.step - 1].text,
        order_values(decision, best, asked, states[best], directory),
        order[1 : 1 + CONSIDERED_AT_MOST],
        excluded[:EXCLUDED_AT_MOST],
    )


def _free(
    call: DueCall, asked: Pool, colleagues: Mapping[int, Colleague], given: set[int]
) -> tuple[tuple[int, ...], tuple[Exclusion, ...]]:
    """The members who can be asked, and why each other one can't."""
    free: list[int] = []
    excluded: list[Exclusion] = []
    for person in asked.members:
        clause = _hindrance(call, person, colleagues, given)
        if clause:
            excluded.append(Exclusion(person, clause))
        else:
            free.append(person)
    lacking = [exclusion for exclusion in asked.excluded if "lacks" in exclusion.clause]
    return tuple(free), (*excluded, *lacking)


def _hindrance(call: DueCall, person: int, colleagues: Mapping[int, Colleague], given: set[int]) -> str:
    colleague = colleagues.get(person)
    if colleague is None:
        return "not at the desk"
    if person in call.refused_by:
        return "declined this call or did not come to it"
    if person in given:
        return "was given a more urgent call in this round"
    return colleague.hindrance or _limit(call.plan.decision, colleague)


def _limit(decision: Decision, colleague: Colleague) -> str:
    limits = decision.limits
    if limits.calls_a_day is not None and colleague.state.calls_today >= limits.calls_a_day:
        return f"has had {colleague.state.calls_today} calls today, the most the rules allow"
    if colleague.idle is not None and colleague.idle < timedelta(seconds=limits.gap):
        return f"ended a call {int(colleague.idle.total_seconds() // 60)} min ago; the rules leave a gap"
    return ""


@dataclass(frozen=True)
class Attribution:
    """Who took a call, frozen when they accepted it."""

    person: int
    person_name: str
    team: int
    team_name: str
    title: int
    title_name: str
    step: int
    ruleset: str
    rule: str


@dataclass(frozen=True)
class Accepted:
    call_id: str
    accepted_at: datetime
    attribution: Attribution
    again: bool = field(default=False)
    """Whether the same answer had been given before."""
