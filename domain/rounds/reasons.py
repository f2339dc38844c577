"""Why this person: what a round knew, put into words, for the offer and for the page of support ops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from domain.rounds.eligibility import WORDS, Colleague, SoftConstraint
from domain.rounds.matching import CostMatrix
from domain.rounds.matrix import RoundMatrix
from domain.rounds.search import DueCall, Pools
from rules_dsl import order_words
from rules_dsl.model.decision import AgentState, HardConstraint

CONSIDERED_AT_MOST = 5
EXCLUDED_AT_MOST = 30


@dataclass(frozen=True)
class Alternative:
    """Somebody else who could have taken the call."""

    person: int
    values: tuple[str, ...]
    """By which they were ordered, in words."""
    after: str
    """Why they came after the one who is asked."""


@dataclass(frozen=True)
class Chosen:
    """An offer to be made."""

    call: DueCall
    person: int
    step: int
    pool_text: str
    values: tuple[str, ...]
    """What put this person where they stand, in words."""
    considered: tuple[Alternative, ...]
    """The best of the others who could have been asked, in order."""
    excluded: tuple[HardConstraint, ...]
    against: tuple[str, ...] = ()
    """What spoke against asking them, while nobody else could take the call."""


@dataclass(frozen=True)
class Reasons:
    """A round that has been decided."""

    floor: RoundMatrix
    cost_matrix: CostMatrix
    pools: Pools
    colleagues: Mapping[int, Colleague]
    given: Set[int]
    """Everybody who got a call in it."""
    _words: dict[object, tuple[str, ...]] = field(default_factory=dict)

    def explain(self, call: DueCall, row: int, column: int) -> Chosen:
        """The offer of the ``row``-th call to the person of a column, with its reasons."""
        decision = call.plan.decision
        cost_matrix = self.cost_matrix
        able = np.flatnonzero(cost_matrix.able[row])
        others = [other for other in self._best(row, able) if other != column][:CONSIDERED_AT_MOST]
        values = self._values(call, column)
        return Chosen(
            call,
            self.floor.free[column].person,
            call.step,
            call.plan.pool_text if call.step == 0 else decision.steps[call.step - 1].text,
            values,
            tuple(self._alternative(call, row, column, other, values) for other in others),
            tuple(islice(self._excluded(call, able), EXCLUDED_AT_MOST)),
            tuple(WORDS[against] for against in _parts(int(cost_matrix.against[row, column]))),
        )

    def _best(self, row: int, able: NDArray[np.intp]) -> list[int]:
        """The first of those who could take a call: what speaks against them first, then the plan's order."""
        cost_matrix, most = self.cost_matrix, CONSIDERED_AT_MOST + 1
        # A rank and the place among equals together are the place in the plan's order: fewer than there are columns.
        places = (
            cost_matrix.against[row, able] * cost_matrix.able.shape[1]
            + cost_matrix.rank[row, able]
            + cost_matrix.tie[row, able]
        )
        first = np.argpartition(places, most)[:most] if len(able) > most else np.arange(len(able))
        best: list[int] = able[first[np.argsort(places[first])]].tolist()
        return best

    def _alternative(self, call: DueCall, row: int, column: int, other: int, chosen: tuple[str, ...]) -> Alternative:
        person, values, cost_matrix = self.floor.free[other].person, self._values(call, other), self.cost_matrix
        stood = [(int(cost_matrix.against[row, one]), int(cost_matrix.rank[row, one])) for one in (other, column)]
        heavier = [against for against in _parts(stood[0][0]) if against not in _parts(stood[1][0])]
        first = next((one for one, theirs in zip(values, chosen, strict=True) if one != theirs), "")
        if person in self.given:
            after = "was needed for another call of this round"
        elif heavier:
            after = WORDS[heavier[0]]
        elif stood[0] == stood[1]:
            after = "stands equal; a stable draw decided"
        elif stood[0] < stood[1]:
            after = "would have come first; the round as a whole is served better so"
        else:
            after = f"by {first.partition(':')[0]}" if first else "comes after in the order of the plan"
        return Alternative(person, values, after)

    def _values(self, call: DueCall, column: int) -> tuple[str, ...]:
        colleague, decision = self.floor.free[column], call.plan.decision
        preferred = self.pools.at(decision, call.step).preferred
        state = _state(call, colleague)
        key = (decision.prefers, decision.order, preferred, column, state.handled_before, state.csat_here)
        if key not in self._words:
            person = self.floor.people[colleague.person]
            self._words[key] = order_words(decision, person, state, preferred=preferred)
        return self._words[key]

    def _excluded(self, call: DueCall, able: NDArray[np.intp]) -> Iterator[HardConstraint]:
        """The members of the pool who can't be asked, each with why; then those who lack a skill."""
        asked = self.pools.at(call.plan.decision, call.step)
        for person in self.floor.unable(call, able):
            yield HardConstraint(person, self._clause(call, person))
        yield from (one for one in asked.excluded if not one.reason.startswith(("not in", "takes no")))

    def _clause(self, call: DueCall, person: int) -> str:
        colleague = self.colleagues.get(person)
        if colleague is None:
            return "not at the desk"
        if person in call.refused_by:
            return "declined this call or did not come to it"
        return colleague.hindrance or self.floor.objection_to(call, colleague)


def _state(call: DueCall, colleague: Colleague) -> AgentState:
    here = call.csat_here.get(colleague.person, colleague.state.csat_here)
    knows = colleague.person in call.knows_customer
    if here == colleague.state.csat_here and knows == colleague.state.handled_before:
        return colleague.state
    return replace(colleague.state, handled_before=knows, csat_here=here)


@cache
def _parts(weight: int) -> list[SoftConstraint]:
    """What a weight is made of, the heaviest first."""
    return [one for one in sorted(SoftConstraint, reverse=True) if weight & one]
