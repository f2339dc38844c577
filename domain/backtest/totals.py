"""What a text of the rules comes to over many escalations: who would have had how many calls. Pure."""

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
class Sums:
    nobody: int = 0
    refused: int = 0
    unmatched: int = 0
    asked: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    """Calls by directory (the identity of its masks), those among whom one is found, and seconds of a call."""
    people: dict[int, PeopleMasks] = field(default_factory=dict)

    def add(self, reach: Reach, now: bool, on_duty: int | None, number: int) -> None:
        """So many escalations that one rule takes, with these people on duty."""
        if reach.kind is None:
            self.unmatched += number
        elif reach.kind is CallKind.REFUSED:
            self.refused += number
        elif mask := reach.asked(now, on_duty):
            self.people[id(reach.people)] = reach.people
            self.asked[id(reach.people), mask, reach.seconds] += number
        else:
            self.nobody += number

    def totals(self, rules: tuple[RuleCount, ...]) -> Totals:
        return Totals(
            called=self.asked.total(),
            nobody=self.nobody,
            refused=self.refused,
            unmatched=self.unmatched,
            titles=self._loads({key: people.titles for key, people in self.people.items()}),
            teams=self._loads({key: people.teams for key, people in self.people.items()}),
            rules=rules,
        )

    def _loads(self, groups: Mapping[int, Mapping[int, int]]) -> tuple[Load, ...]:
        """An even share to each of those among whom a call finds its person."""
        shares: dict[int, Counter[tuple[int, int]]] = defaultdict(Counter)
        for (key, mask, seconds), number in self.asked.items():
            size = mask.bit_count()
            for group, members in groups[key].items():
                if share := (mask & members).bit_count():
                    shares[group][size, seconds] += number * share
        return tuple(
            Load(
                group,
                sum((Fraction(found, size) for (size, _), found in parts.items()), Fraction()),
                sum((Fraction(found * seconds, size) for (size, seconds), found in parts.items()), Fraction()),
            )
            for group, parts in sorted(shares.items())
        )
