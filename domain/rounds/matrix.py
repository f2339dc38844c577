"""The free people and due calls of a round, as the arrays that the solver works on.

Anything that several calls share (pool, limits, order) is computed only once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from domain.rounds.eligibility import Colleague, Needs, SoftConstraint, above_their_share, hard_constraint
from domain.rounds.matching import CostMatrix
from domain.rounds.search import DueCall, Pools
from rules_dsl import hash_of_escalation, order_key
from rules_dsl.directory import Directory, Person
from rules_dsl.model.decision import OrderKey

_Ranks = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]


class RoundMatrix:
    """The arrays of a round. Their columns are the people who can be asked to take a call at all."""

    def __init__(
        self, colleagues: Mapping[int, Colleague], directory: Directory, pools: Pools, now: datetime, limit: int
    ) -> None:
        self._colleagues, self._pools, self._now, self._limit = colleagues, pools, now, limit
        self.people: dict[int, Person] = {person.id: person for person in directory.people}
        self.free = [one for _, one in sorted(colleagues.items()) if not one.hindrance and one.person in self.people]
        self._column = {one.person: column for column, one in enumerate(self.free)}
        self._ids = np.array([one.person for one in self.free], dtype=np.uint64)
        self._over_occupancy = np.array([one.occupancy(now) >= limit for one in self.free], dtype=np.bool_)
        self._masks: dict[object, NDArray[np.bool_]] = {}
        self._keys_by_plan: dict[object, NDArray[np.float64]] = {}
        self._absent: dict[object, list[int]] = {}
        self._ranks_by_keys: dict[object, tuple[NDArray[np.float64], _Ranks]] = {}
        """Each entry also keeps the order keys it was computed from: the cache key contains their ``id``, which must
        not be reused."""

    def cost_matrix(self, calls: Sequence[DueCall]) -> CostMatrix:
        able = np.stack([self._able(call) for call in calls])
        soft = np.stack([self._soft(call) for call in calls])
        orders = [self._order(call, can) for call, can in zip(calls, able, strict=True)]
        return CostMatrix(able, soft, np.stack([rank for rank, _ in orders]), np.stack([tie for _, tie in orders]))

    def _able(self, call: DueCall) -> NDArray[np.bool_]:
        needs, members = call.needs(self._now), self._members(call)
        if needs not in self._masks:
            self._masks[needs] = np.array([not self._hard_constraint(needs, one) for one in self.free], dtype=np.bool_)
        return members & self._masks[needs] & ~self._columns(call.refused_by)

    def unable(self, call: DueCall, able: NDArray[np.intp]) -> Iterator[int]:
        """The people in the call's pool who can't be asked: first the free people whose column isn't in ``able``, then
        the rest.
        """
        excluded = self._members(call).copy()
        excluded[able] = False
        yield from (self.free[column].person for column in np.flatnonzero(excluded))
        key = "absent", self._pools.key(call.plan.decision, call.step)
        if key not in self._absent:
            members = self._pools.at(call.plan.decision, call.step).members
            self._absent[key] = [person for person in members if person not in self._column]
        yield from self._absent[key]

    def hard_constraint(self, call: DueCall, colleague: Colleague) -> str:
        """The hard constraint that excludes a person from this call; empty if none does."""
        return self._hard_constraint(call.needs(self._now), colleague)

    def _hard_constraint(self, needs: Needs, colleague: Colleague) -> str:
        return hard_constraint(needs, colleague, self.people[colleague.person].title, self._limit, self._now)

    def _members(self, call: DueCall) -> NDArray[np.bool_]:
        key = "pool", self._pools.key(call.plan.decision, call.step)
        if key not in self._masks:
            self._masks[key] = self._columns(self._pools.at(call.plan.decision, call.step).members)
        return self._masks[key]

    def _columns(self, people: Collection[int]) -> NDArray[np.bool_]:
        mask = np.zeros(len(self.free), dtype=np.bool_)
        mask[[self._column[person] for person in people if person in self._column]] = True
        return mask

    def _soft(self, call: DueCall) -> NDArray[np.int64]:
        """The weight of each person's soft constraints for this call."""
        decision = call.plan.decision
        key = self._pools.key(decision, call.step)
        if ("share", key) not in self._masks:
            members = self._pools.at(decision, call.step).members
            on_duty = [one for person in members if (one := self._colleagues.get(person)) is not None and one.on_duty]
            self._masks["share", key] = self._columns(above_their_share(on_duty))
        over = self._over_occupancy if call.starts_at is not None else np.zeros_like(self._over_occupancy)
        weights: NDArray[np.int64] = (
            self._masks["share", key] * int(SoftConstraint.MORE_THAN_THEIR_SHARE)
            + self._columns(call.needed) * int(SoftConstraint.NEEDED_FOR_A_SEAT)
            + over * int(SoftConstraint.OVER_OCCUPANCY)
        ).astype(np.int64)
        return weights

    def _order(self, call: DueCall, able: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For everybody who could take the call: how many people come before them, and their place among equals."""
        columns, equals, first_of_equals = self._ranks(call, able)
        # The columns are sorted, so equals are adjacent, and their places count up from the first one's.
        order = np.lexsort((self._draw(call)[columns], equals))
        rank, tie = np.zeros(len(able), dtype=np.int64), np.zeros(len(able), dtype=np.int64)
        rank[columns] = first_of_equals
        tie[columns[order]] = np.arange(len(columns), dtype=np.int64) - first_of_equals
        return rank, tie

    def _ranks(self, call: DueCall, able: NDArray[np.bool_]) -> _Ranks:
        """The columns of the people who could take the call, in the plan's order.

        Also each person's group of equals, and the place of that group's first member.
        """
        order_keys = self._order_keys(call)
        cache_key = id(order_keys), able.tobytes()
        if cache_key not in self._ranks_by_keys:
            columns = np.flatnonzero(able)
            keys = order_keys[columns]
            order = np.lexsort(keys.T[::-1]) if keys.size else np.arange(len(columns))
            differs = np.ones(len(columns), dtype=np.bool_)
            differs[1:] = (keys[order][1:] != keys[order][:-1]).any(axis=1)
            position = np.where(differs, np.arange(len(columns), dtype=np.int64), 0)
            first_of_equals = np.maximum.accumulate(position) if len(columns) else position
            self._ranks_by_keys[cache_key] = order_keys, (columns[order], np.cumsum(differs), first_of_equals)
        return self._ranks_by_keys[cache_key][1]

    def _order_keys(self, call: DueCall) -> NDArray[np.float64]:
        """Each free person's order key under this plan, one row per person; smaller keys come first."""
        decision, preferred = call.plan.decision, self._preferred(call)
        key = (decision.prefers, decision.requires, decision.order, preferred)
        if key not in self._keys_by_plan:
            rows = [order_key(decision, self.people[one.person], one.state, preferred=preferred) for one in self.free]
            width = len(decision.order) + len(decision.prefers) * preferred
            self._keys_by_plan[key] = np.array(rows, dtype=np.float64).reshape(len(rows), width)
        keys = self._keys_by_plan[key]
        lines = len(decision.prefers) if preferred else 0
        for index, name in enumerate(decision.order, lines):
            if name is OrderKey.HANDLED_BEFORE and call.knows_customer:
                keys = keys.copy()
                keys[self._columns(call.knows_customer), index] = 0.0
            elif name is OrderKey.BEST_CSAT_HERE and call.csat_here:
                keys = keys.copy()
                for person in call.csat_here.keys() & self._column.keys():
                    keys[self._column[person], index] = -call.csat_here[person]
        return keys

    def _preferred(self, call: DueCall) -> bool:
        return self._pools.at(call.plan.decision, call.step).preferred

    def _draw(self, call: DueCall) -> NDArray[np.uint64]:
        """``rules_dsl.evaluation.ranking.stable_hash`` for the escalation and every person, vectorised."""
        mixed = self._ids * np.uint64(0x9E3779B97F4A7C15) + np.uint64(hash_of_escalation(call.escalation_id))
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        drawn: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
        return drawn
