"""Why an offer goes to this person and not to the others, in words, for the offer itself and for support ops."""

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
    """The values by which the plan orders this alternative, in words."""
    after: str
    """Why they come after the person who is asked."""


@dataclass(frozen=True)
class Chosen:
    """An offer to be made, and the reasons for it."""

    call: DueCall
    person: int
    step: int
    pool_text: str
    values: tuple[str, ...]
    """The values by which the plan orders this person, in words."""
    considered: tuple[Alternative, ...]
    """The best alternatives to this person, in order."""
    excluded: tuple[HardConstraint, ...]
    soft_constraints: tuple[str, ...] = ()
    """In words, the soft constraints that are overridden because nobody else can take the call."""


@dataclass(frozen=True)
class Reasons:
    """Explains the offers that a round has decided on."""

    round_matrix: RoundMatrix
    cost_matrix: CostMatrix
    pools: Pools
    colleagues: Mapping[int, Colleague]
    assigned: Set[int]
    """Everybody who gets a call in this round."""
    _words: dict[object, tuple[str, ...]] = field(default_factory=dict)

    def explain(self, call: DueCall, row: int, column: int) -> Chosen:
        """The offer of this row's call to this column's person, and the reasons for it."""
        decision = call.plan.decision
        cost_matrix = self.cost_matrix
        able = np.flatnonzero(cost_matrix.able[row])
        others = [other for other in self._best(row, able) if other != column][:CONSIDERED_AT_MOST]
        values = self._values(call, column)
        return Chosen(
            call,
            self.round_matrix.free[column].person,
            call.step,
            call.plan.pool_text if call.step == 0 else decision.steps[call.step - 1].text,
            values,
            tuple(self._alternative(call, row, column, other, values) for other in others),
            tuple(islice(self._excluded(call, able), EXCLUDED_AT_MOST)),
            tuple(WORDS[constraint] for constraint in _constraints_in(int(cost_matrix.soft[row, column]))),
        )

    def _best(self, row: int, able: NDArray[np.intp]) -> list[int]:
        """The first few people who could take a call, ordered by soft constraints and then by the plan."""
        cost_matrix, most = self.cost_matrix, CONSIDERED_AT_MOST + 1
        # Rank plus place among equals is the person's place in the plan's order; it is less than the number of columns.
        places = (
            cost_matrix.soft[row, able] * cost_matrix.able.shape[1]
            + cost_matrix.rank[row, able]
            + cost_matrix.tie[row, able]
        )
        first = np.argpartition(places, most)[:most] if len(able) > most else np.arange(len(able))
        best: list[int] = able[first[np.argsort(places[first])]].tolist()
        return best

    def _alternative(self, call: DueCall, row: int, column: int, other: int, chosen: tuple[str, ...]) -> Alternative:
        matrix = self.cost_matrix
        person, values = self.round_matrix.free[other].person, self._values(call, other)
        own_cost, chosen_cost = ((int(matrix.soft[row, one]), int(matrix.rank[row, one])) for one in (other, column))
        additional = [one for one in _constraints_in(own_cost[0]) if one not in _constraints_in(chosen_cost[0])]
        difference = next((own for own, of_chosen in zip(values, chosen, strict=True) if own != of_chosen), "")
        if person in self.assigned:
            after = "was needed for another call of this round"
        elif additional:
            after = WORDS[additional[0]]
        elif own_cost == chosen_cost:
            after = "equal; a stable draw decided"
        elif own_cost < chosen_cost:
            after = "would have come first, but the round as a whole is better served this way"
        else:
            after = f"by {difference.partition(':')[0]}" if difference else "comes later in the order of the plan"
        return Alternative(person, values, after)

    def _values(self, call: DueCall, column: int) -> tuple[str, ...]:
        colleague, decision = self.round_matrix.free[column], call.plan.decision
        preferred = self.pools.at(decision, call.step).preferred
        state = _state(call, colleague)
        key = (decision.prefers, decision.order, preferred, column, state.handled_before, state.csat_here)
        if key not in self._words:
            person = self.round_matrix.people[colleague.person]
            self._words[key] = order_words(decision, person, state, preferred=preferred)
        return self._words[key]

    def _excluded(self, call: DueCall, able: NDArray[np.intp]) -> Iterator[HardConstraint]:
        """The people in the pool who can't be asked, each with the reason, followed by those who lack a skill."""
        pool = self.pools.at(call.plan.decision, call.step)
        for person in self.round_matrix.unable(call, able):
            yield HardConstraint(person, self._hard_constraint(call, person))
        yield from (one for one in pool.excluded if not one.reason.startswith(("not in", "takes no")))

    def _hard_constraint(self, call: DueCall, person: int) -> str:
        colleague = self.colleagues.get(person)
        if colleague is None:
            return "not at the desk"
        if person in call.refused_by:
            return "declined this call or did not join it"
        return colleague.hindrance or self.round_matrix.hard_constraint(call, colleague)


def _state(call: DueCall, colleague: Colleague) -> AgentState:
    here = call.csat_here.get(colleague.person, colleague.state.csat_here)
    knows = colleague.person in call.knows_customer
    if here == colleague.state.csat_here and knows == colleague.state.handled_before:
        return colleague.state
    return replace(colleague.state, handled_before=knows, csat_here=here)


@cache
def _constraints_in(weight: int) -> list[SoftConstraint]:
    """The soft constraints that add up to this weight, heaviest first."""
    return [one for one in sorted(SoftConstraint, reverse=True) if weight & one]
