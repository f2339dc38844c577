"""What if: the desk's days played out with its real rules, beside other ways of working."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from database.stores.backtest.arrivals import PastDesk, count_past, read_past_desk
from domain.simulation.comparing import Way, staffed
from domain.simulation.demand import made_up_facts
from domain.simulation.report import lines, occupancy_lines, said, sentences
from domain.simulation.scenario import Binding, Habits, Scenario
from web.dependencies import engine_of
from web.error_status import status_of
from web.outcomes.playing import AlreadyPlaying, SimulationRunner, TooLong
from web.page import page
from web.security.session import Signed

router = APIRouter(prefix="/outcomes/what-if")

REPLICATIONS = 12
MOST = 600
"""Escalations of one replication that this page plays."""
PAST = (1, 4)
"""Weeks that can be played again."""
TICKETS = 400
"""Made-up tickets that escalations are drawn from where a desk has no past."""

EXPLAINED = {
    Binding.CALL_TIME: "As Muster works. A customer books a time of the team; who takes the call is found when it"
    " starts, from whoever is there then.",
    Binding.BOOKING_TIME: "As booking pages of calendars work. A customer books a time of one person. If that person is"
    " sick or still in a call, the customer waits or is lost.",
    Binding.BOOKING_TIME_REBOUND: "The same, with a manager who hands a sick person’s calls to whoever’s calendar is"
    " free as the shift begins.",
}

_stage = SimulationRunner()


class WhatIfForm(BaseModel):
    """The form. Shares in percent."""

    play: bool = False
    days: int = Field(1, ge=1, le=7)
    escalations: int = Field(30, ge=1, le=MOST)
    """A day."""
    now: int = Field(20, ge=0, le=100)
    sick: int = Field(5, ge=0, le=60)
    overrun: int = Field(5, ge=0, le=60)
    no_show: int = Field(6, ge=0, le=60)
    title: str = Field("", max_length=200)
    change: int = Field(0, ge=-20, le=20)
    past: int = Field(0, ge=0, le=4)
    """Weeks up to today whose escalations are played again, instead of drawn ones."""


@dataclass(frozen=True)
class Mark:
    """One way in the picture: a dot at the mean on the line of its interval, x from 0 to 100."""

    name: str
    figure: str
    mean: float
    low: float
    high: float


@router.get("")
async def what_if_page(request: Request, signed: Signed, asked: Annotated[WhatIfForm, Query()]) -> HTMLResponse:
    async with engine_of(request).connect() as conn:
        counts = {weeks: await count_past(conn, _since(weeks)) for weeks in PAST}
        desk = await read_past_desk(conn, _since(asked.past or max(PAST)), 2 * MOST if asked.play else 0)
    wrong, status = "", 200
    ways: tuple[Way, ...] = ()
    if asked.play:
        try:
            ways = await _stage.play(_ways(_scenario(desk, asked), asked), REPLICATIONS)
        except ValueError as refused:
            wrong, status = str(refused), 422
        except (AlreadyPlaying, TooLong) as failure:
            wrong, status = failure.detail, status_of(failure)
    axis = _axis(ways)
    return page(
        request,
        "outcomes/what_if.html",
        # What refuses is not put into the page by its script.
        200 if request.headers.get("hx-request") == "true" else status,
        asked=asked,
        titles=[title.name for title in desk.directory.titles],
        pasts={weeks: count for weeks, count in counts.items() if count},
        wrong=wrong,
        ways=[way.name for way in ways],
        explained=EXPLAINED,
        told=sentences(ways) if ways else (),
        axis=axis,
        marks=_marks(ways, axis),
        lines=lines(ways) if ways else (),
        occupancy=occupancy_lines(ways) if ways else (),
        replications=REPLICATIONS,
    )


def _scenario(desk: PastDesk, asked: WhatIfForm) -> Scenario:
    """Raises ``TooLong``, and ``ValueError`` in words where there is no past to play."""
    facts = desk.facts or made_up_facts(desk.directory, TICKETS, seed=1)
    habits = Habits(sick=asked.sick / 100, overrun=asked.overrun / 100, no_show=asked.no_show / 100)
    scenario = Scenario(
        desk.directory, desk.ruleset, _next_monday(), asked.days, asked.escalations, facts, asked.now / 100, habits
    )
    if asked.past and not desk.arrivals:
        raise ValueError("Nothing was escalated in those weeks.")
    if asked.past:
        scenario = scenario.replaying(desk.arrivals)
    if (len(scenario.past) or asked.escalations * asked.days) > MOST:
        raise TooLong
    return scenario


def _ways(scenario: Scenario, asked: WhatIfForm) -> dict[str, Scenario]:
    """Raises ``ValueError`` in words for a change of staff that can't be."""
    ways = {binding.value: replace(scenario, binding=binding) for binding in Binding}
    if asked.title and asked.change:
        other = staffed(scenario.directory, asked.title, asked.change)
        many = f"{abs(asked.change)} {'more' if asked.change > 0 else 'fewer'}"
        ways[f"found at call time, {many}: {asked.title}"] = replace(scenario, directory=other)
    return ways


def _axis(ways: Sequence[Way]) -> int:
    """Where the picture's line begins, in percent: a round figure below every interval."""
    lowest = min((way.interval("honoured").low for way in ways), default=0.0)
    return min(max(int(lowest * 10) * 10, 0), 90)


def _marks(ways: Sequence[Way], axis: int) -> list[Mark]:
    def place(share: float) -> float:
        return round(100 * (min(max(share, 0), 1) * 100 - axis) / (100 - axis), 1)

    found = [(way.name, way.interval("honoured")) for way in ways]
    return [Mark(name, said(one, share=True), place(one.mean), place(one.low), place(one.high)) for name, one in found]


def _since(weeks: int) -> datetime:
    return datetime.now(UTC) - timedelta(weeks=weeks)


def _next_monday() -> date:
    today = datetime.now(UTC).date()
    return today + timedelta(days=7 - today.weekday())
