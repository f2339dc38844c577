"""Pools as bit masks have the same people as ``pool``, and edges the same times as opening hours."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from rules_dsl import is_open, pool, rank
from rules_dsl.directory import Directory, FactValue
from rules_dsl.evaluation.people_masks import PeopleMasks
from rules_dsl.model.decision import OpenHours, OrderKey
from rules_dsl.model.open_times import open_edges
from tests.rules_dsl.desks import directory, ruleset
from tests.rules_dsl.random_rules import HOURS

DESKS = ("small_team", "forty_agents", "follow_the_sun")
NOON = datetime(2026, 2, 4, 12, tzinfo=UTC)


def some_facts(people: Directory, random: Random) -> dict[str, FactValue]:
    found: dict[str, FactValue] = {}
    for fact in people.facts:
        if random.random() < 0.2:
            continue
        if fact.kind == "choice":
            found[fact.name] = random.choice(fact.values)
        elif fact.kind == "yes/no":
            found[fact.name] = random.random() < 0.5
        elif fact.kind in ("count", "money", "duration"):
            found[fact.name] = random.choice((0, 3, 100_000, 20_000_000))
        elif fact.kind == "tags":
            found[fact.name] = ()
    return found


@pytest.mark.parametrize("desk", DESKS)
def test_masks_have_the_members_of_the_pool(desk: str) -> None:
    people, rules, random = directory(desk), ruleset(desk), Random(desk)
    masks = PeopleMasks(people)
    sizes = set()
    for _ in range(150):
        moment = NOON + timedelta(hours=random.randrange(168))
        decision = rules.decide(some_facts(people, random), moment, explain=False)
        for step in range(len(decision.steps) + 1):
            expected = pool(decision, people, 0, step=step)
            mask = masks.members(decision, step)
            assert tuple(person.id for _, person in masks.each(mask)) == expected.members
            sizes.add(len(expected.members))
            first = rank(decision, "e", expected, {}, people)[:1]
            likely = {person.id for _, person in masks.each(masks.likely_first(decision, step, mask))}
            # Without any calls so far, sort keys that need more than the directory are equal for all, or come later.
            assert set(first) <= likely if not depends_on_calls(decision.order) else bool(likely) == bool(mask)
    assert len(sizes) > 2


def depends_on_calls(order: tuple[OrderKey, ...]) -> bool:
    return OrderKey.MOST_EXPERIENCED in order[1:]


def test_every_person_has_one_title_and_one_team() -> None:
    masks = PeopleMasks(directory("forty_agents"))
    for groups in (masks.titles, masks.teams):
        assert sum(mask.bit_count() for mask in groups.values()) == len(masks.directory.people)


@pytest.mark.parametrize("hours", HOURS, ids=lambda hours: hours.name)
def test_edges_are_those_of_the_opening_hours(hours: OpenHours) -> None:
    since = datetime(2026, 3, 20, 7, 30, tzinfo=UTC)
    until = since + timedelta(weeks=3)
    edges = open_edges(hours, since, until)
    for quarter in range(4 * 24 * 21 + 1):
        moment = since + timedelta(minutes=15 * quarter)
        assert (bisect_right(edges, moment) % 2 == 1) is is_open(hours, moment)
    assert bisect_right(edges, until) > 10
