"""The list of escalations, filtered by state, words and time since the last event. The longest-idle one comes first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from database.clock import current_time
from database.stores.queries.escalation_list import EscalationFilter, counts_by_state, list_stuck_first
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
REPAIRED = {
    "untold": "events delivered late to their workflow",
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

    @property
    def sought(self) -> EscalationFilter:
        states = {"open": tuple(s.value for s in OPEN_STATES), "all": ()}.get(self.state, (self.state,))
        unchanged_since = current_time() - timedelta(seconds=int(self.age)) if self.age else None
        return EscalationFilter(states, self.words, unchanged_since, self.failed)

    def address(self, **changes: str) -> str:
        """The URL of the list's first page with these changes to the filter."""
        query = {"state": self.state, "q": self.words, "age": self.age, "failed": "1" if self.failed else ""}
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
    after: str = "",
) -> HTMLResponse:
    choices = {"open", "all", *(one.value for one in State)}
    chosen = Filter(
        state if state in choices else "open",
        q.strip()[:_LONGEST_WORDS],
        age if age in dict(AGES) else "",
        bool(failed),
    )
    async with engine.connect() as conn:
        counts = await counts_by_state(conn)
        repairs = await counted_repairs(conn)
        lines = await list_stuck_first(conn, chosen.sought, after=read_cursor(after), limit=PAGE + 1)
    shown = lines[:PAGE]
    more = write_cursor((shown[-1].updated_at, shown[-1].id)) if len(lines) > PAGE else ""
    open_count = sum(counts.get(one.value, 0) for one in OPEN_STATES)
    states = [(one.value, state_words(one.value), counts.get(one.value, 0)) for one in State]
    return page(
        request,
        "ops/list.html",
        chosen=chosen,
        lines=[(line, state_words(line.state, line.outcome)) for line in shown],
        states=states,
        counts={"open": open_count, "all": sum(counts.values())},
        more=chosen.address(after=more) if more else "",
        ages=AGES,
        repairs=[(REPAIRED[repair.what], repair) for repair in repairs if repair.what in REPAIRED],
        zone=signed.time_zone,
        here=chosen.address(after=after),
    )
