"""What a page of a call is told as it happens: the other side's signals, and what has become of the call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from database.engine import DATABASE_DOWN
from database.listening import EVERYTHING
from database.stores.call import JoinPage, find_join
from database.stores.call_pages import CallView, is_about, signals_for, view
from web.call.limits import CallLimits, Limits
from web.call.visit import named, open_join
from web.customer.customer_link import CustomerRequest, LinkRequest
from web.dependencies import from_state
from web.live import Live, StreamEvent, event_stream

STATE = "state"
"""Event: what the page may know of the call and of the other side, as JSON."""
SIGNAL = "signal"
"""Event: a signal by the other side's page, as JSON."""

router = APIRouter()


@router.get("/join/{token}/stream")
async def follow(
    visit: LinkRequest,
    live: Annotated[Live, from_state("live")],
    limits: Limits,
    token: str,
    page: str = "",
    last_event_id: Annotated[str, Header()] = "",
) -> Response:
    """Server-sent events for this page until the call is over. A page that reconnects misses no signal."""
    limits.count("stream", token)
    limits.check_streams(token)
    if (await open_join(visit, token, over=True)).over:
        # To a browser, this status says not to reconnect.
        return Response(status_code=204)
    follower = _Follower(visit, token, named(page), _number(last_event_id))
    return event_stream(_held(limits, token, live), follower.draw, follower.lasts)


class _Follower:
    """One stream: what it has been told already."""

    def __init__(self, visit: CustomerRequest, token: str, page: str, after: int) -> None:
        self._visit, self._token, self._page, self._after = visit, token, page, after
        self._join: JoinPage | None = None
        self._told = ""

    async def draw(self, payload: str) -> Sequence[StreamEvent]:
        """The events for one notification."""
        if payload != EVERYTHING and self._join is not None and not is_about(payload, self._join):
            return ()
        try:
            async with self._visit.engine.connect() as conn:
                join = await find_join(conn, self._token)
                if join is None:
                    return ()
                self._join = join
                seen = await view(conn, join, self._page)
                signals = await signals_for(conn, join, self._page, self._after)
        except DATABASE_DOWN:
            # The page's beats tell it the same, as soon as the database is back.
            return ()
        events = [_signal(one.id, one.sender, one.body) for one in signals]
        self._after = max([self._after, *(one.id for one in signals)])
        state = json.dumps(told(join, seen))
        if state != self._told:
            self._told = state
            events.insert(0, StreamEvent(STATE, state))
        return events

    async def lasts(self) -> bool:
        return self._join is None or not self._join.over


def told(join: JoinPage, seen: CallView) -> dict[str, Any]:
    """What a page is told, as JSON."""
    return {
        "call": join.call_state,
        "over": join.over,
        "current": seen.current,
        "other": seen.other.value,
        "otherPage": seen.other_page,
    }


def _signal(number: int, sender: str, body: str) -> StreamEvent:
    return StreamEvent(SIGNAL, json.dumps({"from": sender, "body": json.loads(body)}), str(number))


@contextmanager
def _held(limits: CallLimits, token: str, live: Live) -> Iterator[asyncio.Queue[str | None]]:
    with limits.streaming(token), live.subscribe() as queue:
        yield queue


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
