"""The list of escalations, filtered by state, words and time since the last event. The longest-idle one comes first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from database.clock import current_time
from database.stores.queries.escalation_list import COUNTED, EscalationFilter, counts_by_state, list_stuck_first
from database.stores.rounds.repair import counted_repairs
from domain.escalation import OPEN_STATES, State
from web.api.cursor import read_cursor, write_cursor
from web.dependencies import Engine
from web.page import page
from web.security.session import Signed
from web.wording.states import state_words

router = APIRouter(prefix="/ops")

PAGE = 50
AGES = (("", "any"), ("600", "10 minutes"), ("3600", "1 hour"), ("86400", "1 day"), ("604800", "1 week"))
_LONGEST_WORDS = 200
_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(9999, 12, 1)
"""Outside, a day may have no midnight that PostgreSQL or Python knows."""
REPAIRED = {
    "busy_with_nothing": "people freed from calls that were over",
    "offered_to_nobody": "calls whose offer was missing",
    "held_too_long": "offers and seats held past their time",
    "workflow_gone": "workflows started again",
}
"""Words for what the auditor counts."""


@dataclass(frozen=True)
class Filter:
    """The filter in the list's URL."""

    state: str = "open"
    """``open``, ``all``, or one state."""
    words: str = ""
    age: str = ""
    """Minimum seconds since the last event; empty for no minimum."""
    failed: bool = False
    """Only escalations with a failed message."""
    day: date | None = None
    """Only escalations opened on this day."""

    def sought(self, zone: str) -> EscalationFilter:
        """The filter for the database. The day is one of this time zone."""
        states = {"open": tuple(s.value for s in OPEN_STATES), "all": ()}.get(self.state, (self.state,))
        unchanged_since = current_time() - timedelta(seconds=int(self.age)) if self.age else None
        opened = None
        if self.day is not None:
            midnights = (datetime.combine(day, time(0), ZoneInfo(zone)) for day in (self.day, self.day + timedelta(1)))
            opened = (next(midnights), next(midnights))
        return EscalationFilter(states, self.words, unchanged_since, self.failed, opened)

    def address(self, **changes: str) -> str:
        """The URL of the list's first page with these changes to the filter."""
        query = {"state": self.state, "q": self.words, "age": self.age, "failed": "1" if self.failed else ""}
        query["day"] = self.day.isoformat() if self.day else ""
        return "/ops?" + urlencode({name: value for name, value in (query | changes).items() if value})


@router.get("")
async def list_page(
    request: Request,
    engine: Engine,
    signed: Signed,
    state: str = "open",
    q: str = "",
    age: str = "",
    failed: str = "",
    day: str = "",
    after: str = "",
) -> HTMLResponse:
    choices = {"open", "all", *(one.value for one in State)}
    chosen = Filter(
        state if state in choices else "open",
        q.strip()[:_LONGEST_WORDS],
        age if age in dict(AGES) else "",
        bool(failed),
        _day(day),
    )
    async with engine.connect() as conn:
        counts = await counts_by_state(conn)
        repairs = await counted_repairs(conn)
        lines = await list_stuck_first(conn, chosen.sought(signed.time_zone), after=read_cursor(after), limit=PAGE + 1)
    shown = lines[:PAGE]
    more = write_cursor((shown[-1].updated_at, shown[-1].id)) if len(lines) > PAGE else ""
    open_count = sum(counts.get(one.value, 0) for one in OPEN_STATES)
    states = [(one.value, state_words(one.value), _number(counts.get(one.value, 0))) for one in State]
    return page(
        request,
        "ops/list.html",
        chosen=chosen,
        lines=[(line, state_words(line.state, line.outcome)) for line in shown],
        states=states,
        counts={"open": _number(open_count), "all": _number(sum(counts.values()))},
        more=chosen.address(after=more) if more else "",
        ages=AGES,
        repairs=[(REPAIRED[repair.what], repair) for repair in repairs if repair.what in REPAIRED],
        zone=signed.time_zone,
        here=chosen.address(after=after),
    )


def _number(count: int) -> str:
    return str(count) if count <= COUNTED else f"{COUNTED:,}+"


def _day(typed: str) -> date | None:
    """A day as a browser sends it; None if nothing or no day within reach was typed."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if _FIRST_DAY <= day <= _LAST_DAY else None
