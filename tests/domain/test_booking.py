"""The time that a booked call occupies. `test_seat_board.py` tests what can be sold."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from domain.booking import occupied
from domain.seats.demand import demand_of, instant
from rules_dsl import compile_rules
from rules_dsl.directory import Directory, Facts
from rules_dsl.model.decision import Decision

EXAMPLES = Path(__file__).parents[2] / "examples"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def decision() -> Decision:
    """The boat shop's decision: five minutes before, twenty of talk, five after, ten between; five calls a day."""
    directory = Directory.from_json(json.loads((EXAMPLES / "small_team.directory.json").read_text()))
    rules = compile_rules((EXAMPLES / "small_team.rules").read_text(), directory)
    facts: Facts = {"priority": "normal", "tags": (), "replies": 1, "reopened": False, "ticket age": 60}
    return rules.decide(facts, NOON)


BOAT_SHOP = decision()


def test_a_seat_takes_preparation_talk_and_wrap_up() -> None:
    assert occupied(NOON, BOAT_SHOP) == (NOON - timedelta(minutes=5), NOON + timedelta(minutes=25))
    demand = demand_of(BOAT_SHOP, 1, NOON, NOON.date())
    assert (instant(demand.begin), instant(demand.end)) == occupied(NOON, BOAT_SHOP)
    assert (demand.terms.gap, demand.terms.cap) == (600, 5)
