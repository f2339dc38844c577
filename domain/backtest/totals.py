"""The totals of a rules text over many escalations: who would have had how many calls. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from domain.backtest.history import Load, RuleCount, Totals
from domain.backtest.reach import Reach
from rules_dsl import PeopleMasks
from rules_dsl.model.decision import CallKind


@dataclass
class CallCounts:
    nobody: int = 0
    refused: int = 0
    unmatched: int = 0
    calls: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    """Keyed by directory (the ``id`` of its masks), mask of the people who might take the call, and call length in
    seconds.
    """
    people: dict[int, PeopleMasks] = field(default_factory=dict)

    def add(self, reach: Reach, now: bool, on_shift: int | None, number: int) -> None:
        """Add ``number`` escalations with this reach and these people on shift to the totals."""
        if reach.kind is None:
            self.unmatched += number
        elif reach.kind is CallKind.REFUSED:
            self.refused += number
        elif mask := reach.first_people(now, on_shift):
            self.people[id(reach.people)] = reach.people
            self.calls[id(reach.people), mask, reach.seconds] += number
        else:
            self.nobody += number

    def totals(self, rules: tuple[RuleCount, ...]) -> Totals:
        return Totals(
            called=self.calls.total(),
            nobody=self.nobody,
            refused=self.refused,
            unmatched=self.unmatched,
            titles=self._loads({key: people.titles for key, people in self.people.items()}),
            teams=self._loads({key: people.teams for key, people in self.people.items()}),
            rules=rules,
        )

    def _loads(self, groups: Mapping[int, Mapping[int, int]]) -> tuple[Load, ...]:
        """Loads per group. Each call is divided equally among the people who might take it."""
        shares: dict[int, Counter[tuple[int, int]]] = defaultdict(Counter)
        for (key, mask, seconds), number in self.calls.items():
            size = mask.bit_count()
            for group, members in groups[key].items():
                if share := (mask & members).bit_count():
                    shares[group][size, seconds] += number * share
        return tuple(
            Load(
                group,
                sum((Fraction(share, size) for (size, _), share in parts.items()), Fraction()),
                sum((Fraction(share * seconds, size) for (size, seconds), share in parts.items()), Fraction()),
            )
            for group, parts in sorted(shares.items())
        )
