"""The what-if page: simulates the organisation's days with its own rules, and compares other ways of working."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from database.clock import current_time
from database.stores.backtest.arrivals import PastDesk, count_past, read_past_desk
from domain.simulation.comparing import Way, staffed
from domain.simulation.demand import made_up_facts
from domain.simulation.report import interval_text, lines, occupancy_lines, sentences
from domain.simulation.scenario import Binding, Habits, Scenario
from web.dependencies import Reports
from web.error_status import status_of
from web.outcomes.playing import AlreadyPlaying, SimulationRunner, TooLong
from web.page import page

router = APIRouter(prefix="/outcomes/what-if")

REPLICATIONS = 12
MOST = 600
"""Maximum number of escalations per replication on this page."""
PAST = (1, 4)
"""The numbers of past weeks that can be chosen for a replay."""
TICKETS = 400
"""Number of made-up tickets to draw escalations from if the organisation has no history."""

EXPLAINED = {
    Binding.CALL_TIME: "As Muster works. A customer books a time of the team; who takes the call is found when it"
    " starts, from whoever is there then.",
    Binding.BOOKING_TIME: "As booking pages of calendars work. A customer books a time of one person. If that person is"
    " sick or still in a call, the customer waits or is lost.",
    Binding.BOOKING_TIME_REBOUND: "The same, with a manager who hands a sick person’s calls to whoever’s calendar is"
    " free as the shift begins.",
}

_runner = SimulationRunner()


class WhatIfForm(BaseModel):
    """The what-if form. Its shares are percentages."""

    play: bool = False
    days: int = Field(1, ge=1, le=7)
    escalations: int = Field(30, ge=1, le=MOST)
    """Escalations per day."""
    now: int = Field(20, ge=0, le=100)
    sick: int = Field(5, ge=0, le=60)
    overrun: int = Field(5, ge=0, le=60)
    no_show: int = Field(6, ge=0, le=60)
    title: str = Field("", max_length=200)
    change: int = Field(0, ge=-20, le=20)
    past: int = Field(0, ge=0, le=4)
    """How many weeks of past escalations to replay, up to today; 0 to draw escalations at random."""


@dataclass(frozen=True)
class Mark:
    """One way of working in the chart: a dot at the mean, on a line for the interval; x runs from 0 to 100."""

    name: str
    figure: str
    mean: float
    low: float
    high: float


@router.get("")
async def what_if_page(request: Request, engine: Reports, form: Annotated[WhatIfForm, Query()]) -> HTMLResponse:
    async with engine.connect() as conn:
        counts = {weeks: await count_past(conn, _since(weeks)) for weeks in PAST}
        desk = await read_past_desk(conn, _since(form.past or max(PAST)), 2 * MOST if form.play else 0)
    wrong, status = "", 200
    ways: tuple[Way, ...] = ()
    if form.play:
        try:
            ways = await _runner.play(_ways(_scenario(desk, form), form), REPLICATIONS)
        except ValueError as refused:
            wrong, status = str(refused), 422
        except (AlreadyPlaying, TooLong) as failure:
            wrong, status = failure.detail, status_of(failure)
    axis = _axis(ways)
    return page(
        request,
        "outcomes/what_if.html",
        # The page's script swaps in successful responses only.
        200 if request.headers.get("hx-request") == "true" else status,
        form=form,
        titles=[title.name for title in desk.directory.titles],
        pasts={weeks: count for weeks, count in counts.items() if count},
        wrong=wrong,
        ways=[way.name for way in ways],
        explained=EXPLAINED,
        sentences=sentences(ways) if ways else (),
        axis=axis,
        marks=_marks(ways, axis),
        lines=lines(ways) if ways else (),
        occupancy=occupancy_lines(ways) if ways else (),
        replications=REPLICATIONS,
    )


def _scenario(desk: PastDesk, form: WhatIfForm) -> Scenario:
    """Raises ``TooLong``, or ``ValueError`` with a sentence for the page if there is nothing to replay."""
    facts = desk.facts or made_up_facts(desk.directory, TICKETS, seed=1)
    habits = Habits(sick=form.sick / 100, overrun=form.overrun / 100, no_show=form.no_show / 100)
    scenario = Scenario(
        desk.directory, desk.ruleset, _next_monday(), form.days, form.escalations, facts, form.now / 100, habits
    )
    if form.past and not desk.arrivals:
        raise ValueError("Nothing was escalated in those weeks.")
    if form.past:
        scenario = scenario.replaying(desk.arrivals)
    if (len(scenario.past) or form.escalations * form.days) > MOST:
        raise TooLong
    return scenario


def _ways(scenario: Scenario, form: WhatIfForm) -> dict[str, Scenario]:
    """Raises ``ValueError`` with a sentence for the page if staffing can't be changed in this way."""
    ways = {binding.value: replace(scenario, binding=binding) for binding in Binding}
    if form.title and form.change:
        directory = staffed(scenario.directory, form.title, form.change)
        number = f"{abs(form.change)} {'more' if form.change > 0 else 'fewer'}"
        ways[f"found at call time, {number}: {form.title}"] = replace(scenario, directory=directory)
    return ways


def _axis(ways: Sequence[Way]) -> int:
    """Where the chart's axis begins, as a percentage: a multiple of ten below every interval."""
    lowest = min((way.interval("honoured").low for way in ways), default=0.0)
    return min(max(int(lowest * 10) * 10, 0), 90)


def _marks(ways: Sequence[Way], axis: int) -> list[Mark]:
    def place(share: float) -> float:
        return round(100 * (min(max(share, 0), 1) * 100 - axis) / (100 - axis), 1)

    shares = [(way.name, way.interval("honoured")) for way in ways]
    return [
        Mark(name, interval_text(share, share=True), place(share.mean), place(share.low), place(share.high))
        for name, share in shares
    ]


def _since(weeks: int) -> datetime:
    return current_time() - timedelta(weeks=weeks)


def _next_monday() -> date:
    today = current_time().date()
    return today + timedelta(days=7 - today.weekday())
