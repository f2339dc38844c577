"""Shifts: who works when, changes whose consequences are shown first, and people's own shifts."""

from fastapi import APIRouter

from web.shifts.calendar import router as own_calendar
from web.shifts.mine import router as own_page
from web.shifts.person import router as schedule_of_person
from web.shifts.week import router as week_of_team

router = APIRouter()
for part in (week_of_team, own_page, schedule_of_person, own_calendar):
    router.include_router(part)

__all__ = ["router"]
