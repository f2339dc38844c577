"""Small random conditions on a few facts and opening hours, and all situations that they can distinguish."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random

from rules_dsl.directory import Facts, FactType, FactValue
from rules_dsl.evaluation.program import Clause, HasTags, InHours, IsDefined, IsKnown, IsYes, OneOf, Test, When, Within
from rules_dsl.model.decision import OpenHours

HOURS = (
    OpenHours("day", "Europe/Berlin", tuple((day, 480, 1080) for day in range(5)), "DE"),
    OpenHours("evening", "America/Denver", ((2, 720, 1200), (5, 0, 1440))),
)
FACTS = (
    FactType("area", "choice", ("a", "b", "c")),
    FactType("level", "choice", ("low", "high"), ordered=True, may_be_missing=False),
    FactType("count", "count"),
    FactType("again", "yes/no", may_be_missing=False),
    FactType("tags", "tags"),
)
DOMAINS: dict[str, tuple[FactValue | None, ...]] = {
    "area": ("a", "b", "c", None),
    "level": ("low", "high"),
    "count": (0, 1, 2, 3, 4, 5, None),
    "again": (True, False),
    "tags": ((), ("x",), ("y",), ("x", "y"), None),
}
MOMENTS = tuple(datetime(2026, 2, 2, tzinfo=UTC) + timedelta(hours=hour) for hour in range(365 * 24))
"""Every hour of a year, which suffices for hours that begin and end on the hour."""


def random_test(random: Random, deep: int = 0) -> Test:
    match random.randrange(8 if deep else 7):
        case 0:
            return OneOf("area", tuple(sorted(random.sample("abc", random.randint(1, 2)))))
        case 1:
            return OneOf("level", (random.choice(("low", "high")),))
        case 2:
            low, high = sorted((random.randint(0, 4), random.randint(0, 4)))
            return random.choice((Within("count", low, None), Within("count", None, high), Within("count", low, high)))
        case 3:
            return IsKnown(random.choice(("area", "count", "tags")))
        case 4:
            return IsYes("again")
        case 5:
            return HasTags("tags", tuple(sorted(random.sample("xy", random.randint(1, 2)))), random.random() < 0.5)
        case 6:
            return InHours(random.choice(HOURS))
    when = random_when(random, deep - 1)
    return IsDefined(repr(when), when)


def random_when(random: Random, deep: int = 1) -> When:
    alternatives = tuple(_clauses(random, random.randint(1, 3), deep) for _ in range(random.choice((1, 1, 2))))
    return When(alternatives, _clauses(random, random.choice((0, 0, 1)), deep))


def _clauses(random: Random, number: int, deep: int) -> tuple[Clause, ...]:
    return tuple(Clause(random_test(random, deep), random.random() < 0.3, "") for _ in range(number))


def all_facts() -> Iterator[Facts]:
    for values in product(*DOMAINS.values()):
        yield {name: value for name, value in zip(DOMAINS, values, strict=True) if value is not None}
