"""A team's week (who works when, and when nobody does) and the organisation's holidays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from database.clock import current_time
from database.stores.directory.schedules import home_team, read_desk_hours, read_schedules, team_members
from database.stores.seats.change_impact import ReassignResult
from database.stores.staff.people import PAGE, PeopleFilter, find_people
from database.stores.staff.schedule_changes import change_desk_holidays
from database.stores.staff.teams_titles_skills import names_of_kind
from database.stores.staff.unread_calendars import feeds_never_read
from domain.schedules.coverage import TeamDay, person_days, team_days
from domain.schedules.holidays import regions
from web.dependencies import Engine
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed
from web.shifts import wording
from web.shifts.change_form import SentForm
from web.shifts.changing import ScheduleChangeRequest, carry_out
from web.shifts.strip import cells
from web.wording.times import zone_names, zone_or

router = APIRouter(prefix="/shifts")

COUNTED_AT_MOST = 200
"""Size of the largest team for which the page computes coverage."""
WEEKS_AWAY = 260


@dataclass(frozen=True)
class HalfHour:
    """A bar of the coverage chart."""

    x: int
    height: int


@router.get("")
async def week_page(
    request: Request,
    engine: Engine,
    signed: Signed,
    team: str = "",
    q: str = "",
    week: str = "",
    zone: str = "",
    skip: int = 1,
) -> Response:
    if not signed.roles & {"manager", "ops", "admin"}:
        return RedirectResponse("/shifts/me", 303)
    shown_zone = zone_or(zone, signed.time_zone)
    today = current_time().astimezone(ZoneInfo(shown_zone)).date()
    days = _days(week, today)
    at = max(1, min(skip, 10_000))
    async with engine.connect() as conn:
        teams = await names_of_kind(conn, "team")
        chosen = int(team) if team.isascii() and team.isdigit() and len(team) < 10 else None
        if not team and not q:
            chosen = await home_team(conn, signed.person_id)
        people, total = await find_people(conn, PeopleFilter(q.strip()[:100], chosen), at)
        schedules = await read_schedules(conn, [person.id for person in people], days[0], days[-1])
        coverage = await _coverage(conn, chosen, days, shown_zone)
        desk = await read_desk_hours(conn)
        manages = bool(signed.roles & {"manager", "admin"})
        never_read = await feeds_never_read(conn, current_time()) if manages else []
    rows = [
        (person, [cells(day, shown_zone) for day in person_days(schedules[person.id], days, shown_zone)])
        for person in people
    ]
    address = _Address(
        {"team": "" if chosen is None else str(chosen), "q": q, "week": days[0].isoformat(), "zone": zone}
    )
    return page(
        request,
        "shifts/week.html",
        rows=rows,
        days=days,
        today=today,
        coverage=coverage,
        teams=teams,
        chosen=chosen,
        every=chosen is None,
        q=q,
        zone=shown_zone,
        zones=zone_names(),
        total=total,
        at=at,
        pages=max(1, -(-total // PAGE)),
        address=address,
        before=(days[0] - timedelta(days=7)).isoformat(),
        after=(days[0] + timedelta(days=7)).isoformat(),
        manages=manages,
        never_read=never_read,
        desk_region=desk.holiday_region,
        regions=regions(),
        said=request.query_params.get("said", ""),
    )


@router.post("/holidays", dependencies=[Guarded])
async def desk_holidays(request: Request, engine: Engine, signed: Signed, sent: SentForm) -> Response:
    """Set the organisation's holidays, after showing what this changes."""
    value = sent.form.get("region", "")
    region, now = value if isinstance(value, str) else "", current_time()
    change = ScheduleChangeRequest(
        f"{f'The holidays of {region}' if region else 'No holidays'} apply to everybody without holidays of their own.",
        signed.time_zone,
        "/shifts/holidays",
        "/shifts",
        always_shown=True,
        announced=False,
    )

    async def write(conn: AsyncConnection) -> ReassignResult:
        return await change_desk_holidays(conn, region, signed.actor, now)

    return await carry_out(request, engine, sent, change, now, write)


@dataclass(frozen=True)
class _Address:
    """Called by the template: returns this page's URL with some parameters changed."""

    parameters: dict[str, str]

    def __call__(self, **changes: Any) -> str:
        query = self.parameters | changes
        return "/shifts?" + urlencode({name: value for name, value in query.items() if value != ""})


def _days(week: str, today: date) -> list[date]:
    """The week (Monday to Sunday) of this date, or the current week if the text isn't a date or is too far away."""
    try:
        day = date.fromisoformat(week)
    except ValueError:
        day = today
    if abs(day - today) > timedelta(weeks=WEEKS_AWAY):
        day = today
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=step) for step in range(7)]


async def _coverage(
    conn: AsyncConnection, team: int | None, days: Sequence[date], zone: str
) -> list[dict[str, Any]] | None:
    members = await team_members(conn, team) if team else []
    if not members or len(members) > COUNTED_AT_MOST:
        return None
    schedules = await read_schedules(conn, members, days[0], days[-1])
    return [_strip(day, zone) for day in team_days(schedules.values(), days, zone)]


def _strip(day: TeamDay, zone: str) -> dict[str, Any]:
    most = max(day.counts)
    bars = [HalfHour(nth * 2, round(24 * count / most)) for nth, count in enumerate(day.counts) if count]
    gaps = [wording.times(gap, zone) for gap in day.gaps]
    return {"bars": bars, "width": len(day.counts) * 2, "most": most, "gaps": gaps}
