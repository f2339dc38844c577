"""What waiting customers are told: the calls before theirs, and the usual wait once for each place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from domain.plan import Plan
from domain.rounds.eligibility import Colleague
from domain.rounds.search import DueCall, Pools
from domain.rounds.waiting_line import ENOUGH, line_up
from rules_dsl.model.decision import AgentState
from tests.rules_dsl.desks import boats, directory

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BOATS = directory("small_team")
FREJA, INES = (next(one.id for one in BOATS.people if one.name == name) for name in ("Freja Holm", "Ines Costa"))


def waiting(number: int, team: str = "Support", *, waited: float = 0) -> DueCall:
    rules = boats(f'otherwise\n send to team "{team}"\nbooking\n slots of 20 minutes\n')
    began = NOW - timedelta(seconds=waited)
    return DueCall(str(number), f"escalation-{number}", Plan(rules.decide({}, NOW), "v", NOW), None, began, 0, 0)


def shown(line: Sequence[DueCall], usual: float | None, *people: int) -> list[tuple[int | None, str]]:
    """Place and estimate of each; others recently waited for about ``usual`` seconds."""
    colleagues = {one: Colleague(one, "", True, None, AgentState(one)) for one in people or (FREJA, INES)}
    waits = [] if usual is None else [timedelta(seconds=usual * share) for share in (0.1, 9, 1, 0.5, 2)]
    assert len(waits) in (0, ENOUGH)
    return [(one.place, one.estimate.value) for one in line_up(line, Pools(BOATS, colleagues), waits, NOW)]


def test_each_place_further_back_waits_a_usual_wait_longer() -> None:
    line = [waiting(number) for number in range(1, 6)]
    assert shown(line, 30) == [(1, "moment"), (2, "moment"), (3, "minutes"), (4, "minutes"), (5, "minutes")]
    assert shown(line, 61) == [(1, "minutes"), (2, "minutes"), (3, "minutes"), (4, "minutes"), (5, "longer")]
    assert shown(line, 150) == [(1, "minutes"), (2, "minutes"), (3, "longer"), (4, "longer"), (5, "longer")]


def test_calls_that_only_others_can_take_do_not_count() -> None:
    line = [waiting(1), waiting(2, "Office"), waiting(3), waiting(4, "Office")]
    assert shown(line, 150) == [(1, "minutes"), (1, "minutes"), (2, "minutes"), (2, "minutes")]
    assert shown(line, 150, FREJA) == [(1, "minutes"), (None, "longer"), (2, "minutes"), (None, "longer")]


def test_without_recent_waits_nobody_is_promised_a_moment() -> None:
    line = [waiting(number) for number in range(1, 4)]
    assert shown(line, None) == [(1, "minutes"), (2, "minutes"), (3, "longer")]


def test_whoever_has_waited_long_is_not_promised_a_moment() -> None:
    line = [waiting(1, waited=301), waiting(2, waited=61), waiting(3)]
    assert shown(line, 10) == [(1, "longer"), (2, "minutes"), (3, "moment")]
