"""The list of escalations, filtered by state, words and time since the last event. The longest-idle one comes first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from database.clock import current_time
from database.stores.queries.escalation_list import (
    COUNTED,
    EscalationFilter,
    all_teams,
    counts_by_state,
    list_stuck_first,
)
from database.stores.queries.escalation_search import rules_in_use
from database.stores.queries.search_terms import read_terms
from database.stores.rounds.repair import counted_repairs
from domain.escalation import OPEN_STATES, State
from web.api.cursor import read_cursor, write_cursor
from web.dependencies import Engine
from web.page import page
from web.security.session import Signed
from web.wording.searching import searched_words
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
    """``open``, ``all``, or one state. Words without a chosen state are searched for in all."""
    words: str = ""
    age: str = ""
    """Minimum seconds since the last event; empty for no minimum."""
    failed: bool = False
    """Only escalations with a failed message."""
    day: date | None = None
    """Only escalations opened on this day."""
    team: str = ""
    rule: str = ""
    risk: bool = False
    """Only escalations whose booked call nobody can serve at present."""

    def sought(self, zone: str) -> EscalationFilter:
        """The filter for the database. The day is one of this time zone."""
        states = {"open": tuple(s.value for s in OPEN_STATES), "all": ()}.get(self.state, (self.state,))
        unchanged_since = current_time() - timedelta(seconds=int(self.age)) if self.age else None
        opened = None
        if self.day is not None:
            midnights = (datetime.combine(day, time(0), ZoneInfo(zone)) for day in (self.day, self.day + timedelta(1)))
            opened = (next(midnights), next(midnights))
        return EscalationFilter(
            states,
            self.words,
            unchanged_since,
            self.failed,
            self.risk,
            opened,
            team=self.team,
            rule=self.rule,
        )

    @property
    def narrowed(self) -> bool:
        """Whether anything but words and state narrows the list."""
        return bool(self.age or self.failed or self.day or self.team or self.rule or self.risk)

    def address(self, **changes: str) -> str:
        """The URL of the list's first page with these changes to the filter."""
        query = {"state": self.state, "q": self.words, "age": self.age, "failed": "1" if self.failed else ""}
        query |= {"day": self.day.isoformat() if self.day else "", "team": self.team, "rule": self.rule}
        query["risk"] = "1" if self.risk else ""
        return "/ops?" + urlencode({name: value for name, value in (query | changes).items() if value})


class ListQuery(BaseModel):
    """The list's query. ``tab`` is the state that was shown when the form was sent."""

    state: str = ""
    tab: str = ""
    q: str = ""
    age: str = ""
    failed: str = ""
    day: str = ""
    team: str = ""
    rule: str = ""
    risk: str = ""
    after: str = ""

    def filter(self) -> Filter:
        words = self.q.strip()[:_LONGEST_WORDS]
        states = {"open", "all", *(one.value for one in State)}
        given = (self.state, "all" if words else "", self.tab)
        return Filter(
            next((one for one in given if one in states), "open"),
            words,
            self.age if self.age in dict(AGES) else "",
            bool(self.failed),
            _day(self.day),
            self.team[:_LONGEST_WORDS],
            self.rule[:_LONGEST_WORDS],
            bool(self.risk),
        )


@router.get("")
async def list_page(
    request: Request, engine: Engine, signed: Signed, query: Annotated[ListQuery, Query()]
) -> HTMLResponse:
    chosen = query.filter()
    sought = chosen.sought(signed.time_zone)
    async with engine.connect() as conn:
        counts = await counts_by_state(conn, sought)
        teams, rules = await all_teams(conn), await rules_in_use(conn)
        repairs = await counted_repairs(conn)
        lines = await list_stuck_first(conn, sought, after=read_cursor(query.after), limit=PAGE + 1)
    shown = lines[:PAGE]
    more = write_cursor((shown[-1].updated_at, shown[-1].id)) if len(lines) > PAGE else ""
    open_count = sum(counts.get(one.value, 0) for one in OPEN_STATES)
    states = [(one.value, state_words(one.value), _number(counts.get(one.value, 0))) for one in State]
    searched = searched_words(read_terms(chosen.words), chosen.state, chosen.narrowed) if chosen.words else ""
    return page(
        request,
        "ops/list.html",
        chosen=chosen,
        lines=[(line, state_words(line.state, line.outcome)) for line in shown],
        states=states,
        counts={"open": _number(open_count), "all": _number(sum(counts.values()))},
        searched=searched,
        teams=teams,
        rules=rules,
        more=chosen.address(after=more) if more else "",
        ages=AGES,
        repairs=[(REPAIRED[repair.what], repair) for repair in repairs if repair.what in REPAIRED],
        zone=signed.time_zone,
        here=chosen.address(after=query.after),
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
