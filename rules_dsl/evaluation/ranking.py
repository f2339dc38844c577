"""Ranking: lexicographic by ``prefer`` lines, then ``order by`` keys, then a stable hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from rules_dsl.directory import Directory, Person
from rules_dsl.evaluation.pools import meets
from rules_dsl.model.amounts import format_duration
from rules_dsl.model.decision import AgentState, Decision, OrderKey, Pool, SkillNeed

_64_BITS = (1 << 64) - 1


def rank(
    decision: Decision, escalation_id: str, pool: Pool, states: Mapping[int, AgentState], directory: Directory
) -> tuple[int, ...]:
    """The ids of a pool's members, best first. A person without a state has had no calls."""
    people = {person.id: person for person in directory.people}

    def place(person_id: int) -> tuple[tuple[float, ...], int]:
        state = states.get(person_id, AgentState(person_id))
        key = order_key(decision, people[person_id], state, preferred=pool.preferred)
        return key, stable_hash(escalation_id, person_id)

    return tuple(sorted((member for member in pool.members if member in people), key=place))


def order_key(decision: Decision, person: Person, state: AgentState, *, preferred: bool) -> tuple[float, ...]:
    """A person's sort key, smaller first: one number per ``prefer`` line, then one per ``order by`` key.

    ``preferred`` says whether ``prefer`` lines still apply.
    """
    lines = decision.prefers if preferred else ()
    unmet = (float(not any(meets(person, need) for need in needs)) for needs in lines)
    return (*unmet, *(_value(key, state, person, decision) for key in decision.order))


def stable_hash(escalation_id: str, person_id: int) -> int:
    """A 64-bit tie-breaker, the same on every machine and in every process.

    Mixes ``hash_of_escalation`` with the person's id using splitmix64, which a round can compute for all people in one
    vector operation.
    """
    mixed = (hash_of_escalation(escalation_id) + person_id * 0x9E3779B97F4A7C15) & _64_BITS
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _64_BITS
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _64_BITS
    return mixed ^ (mixed >> 31)


def hash_of_escalation(escalation_id: str) -> int:
    return int.from_bytes(hashlib.sha256(escalation_id.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def _value(key: OrderKey, state: AgentState, person: Person, decision: Decision) -> float:
    """Smaller is better."""
    match key:
        case OrderKey.LEAST_BUSY:
            return state.load
        case OrderKey.LONGEST_IDLE:
            return -state.idle
        case OrderKey.FEWEST_CALLS_TODAY:
            return state.calls_today
        case OrderKey.ROUND_ROBIN:
            return -state.last_asked
        case OrderKey.BEST_CSAT:
            return -state.csat
        case OrderKey.BEST_CSAT_HERE:
            return -state.csat_here
        case OrderKey.HANDLED_BEFORE:
            return float(not state.handled_before)
        case OrderKey.MOST_EXPERIENCED:
            return -experience(decision, person)


def experience(decision: Decision, person: Person) -> int:
    """The sum of a person's levels in the skills that the call requires or prefers; in all skills if it names none."""
    named = {need.skill for need in (*decision.requires, *(need for needs in decision.prefers for need in needs))}
    relevant = {skill for skill in named if skill is not None} or set(person.skills)
    return sum(person.skills.get(skill, 0) for skill in relevant)


def order_values(
    decision: Decision, person_id: int, pool: Pool, state: AgentState | None, directory: Directory
) -> tuple[str, ...]:
    """Why a person ranks where they do, in words: ``least busy: 0 minutes in the last 4 hours``.

    Raises ``KeyError`` for a person who is not in the directory.
    """
    person = next((person for person in directory.people if person.id == person_id), None)
    if person is None:
        raise KeyError(person_id)
    return order_words(decision, person, state or AgentState(person_id), preferred=pool.preferred)


def order_words(decision: Decision, person: Person, state: AgentState, *, preferred: bool) -> tuple[str, ...]:
    """The parts of ``order_key`` in words."""
    lines = decision.prefers if preferred else ()
    preferences = (f"prefer {_alternatives(needs)}: {_met_words(person, needs)}" for needs in lines)
    return (*preferences, *(f"{key.value}: {_words(key, state, person, decision)}" for key in decision.order))


def _alternatives(needs: tuple[SkillNeed, ...]) -> str:
    return " or ".join(need.text for need in needs)


def _met_words(person: Person, needs: tuple[SkillNeed, ...]) -> str:
    need = next((need for need in needs if meets(person, need)), None)
    if need is None:
        return "no"
    return f"yes, speaks {need.language}" if need.language else f"yes, {need.text}"


def _words(key: OrderKey, state: AgentState, person: Person, decision: Decision) -> str:
    match key:
        case OrderKey.LEAST_BUSY:
            return f"{state.load} minute{'' if state.load == 1 else 's'} in the last 4 hours"
        case OrderKey.LONGEST_IDLE:
            return _about(state.idle)
        case OrderKey.FEWEST_CALLS_TODAY:
            return f"{state.calls_today} call{'' if state.calls_today == 1 else 's'} today"
        case OrderKey.ROUND_ROBIN:
            return f"last asked {_about(state.last_asked)} ago"
        case OrderKey.BEST_CSAT:
            return f"{state.csat:.2f}"
        case OrderKey.BEST_CSAT_HERE:
            return f"{state.csat_here:.2f}"
        case OrderKey.HANDLED_BEFORE:
            return "yes" if state.handled_before else "no"
        case OrderKey.MOST_EXPERIENCED:
            return f"levels add up to {experience(decision, person)}"


def _about(seconds: int) -> str:
    """A duration in words: ``48 minutes``. Durations of a minute or more are rounded down to whole minutes."""
    return format_duration(seconds if seconds < 60 else seconds // 60 * 60)
