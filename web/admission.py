"""Admits requests: what can't be answered in time is refused at once, and what took too long is given up.

Each lane has its own share, so that a flood of reports or API calls leaves room for customers and desks. A request
whose caller has gone isn't begun, and if it only reads, it isn't finished either.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from dataclasses import dataclass

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from database.guard import Deadline, answers_by
from domain.deadlines import PAGE
from domain.failure import Failure, Overloaded, Unreachable
from web.error_pages import answer

log = logging.getLogger(__name__)

LAST_RESORT = 0.7
"""Seconds after the database's deadline until a request is given up, whatever it waits for."""


@dataclass(frozen=True)
class Lane:
    """Requests of one kind."""

    name: str
    at_once: int
    """How many may be waiting for their responses to begin: about as many as one process answers within a page's
    time limit."""
    time_limit: float = PAGE.total_seconds()
    """Seconds for which a request may wait for the database, in all."""


CUSTOMERS = Lane("customers", 300)
DESKS = Lane("desks", 2000)
"""Offers and their answers, heartbeats, changes: hundreds share one query, so many fit."""
PROBES = Lane("probes", 500)
"""Files, probes, metrics."""
PROGRAMS = Lane("programs", 100)
PAGES = Lane("pages", 100)
OFFICE = Lane("office", 60, 30)
"""Changes to rules, people and shifts, which are first tried against everything that is booked. A single unanswered
statement still ends within its own limit.
"""
SIGN_INS = Lane("sign-ins", 40, 30)
"""Two passwords at a time are hashed: more sign-ins than this would only wait, and hold connections meanwhile."""
REPORTS = Lane("reports", 12, 30)

LANES: tuple[tuple[str, Lane], ...] = (
    ("/c/", CUSTOMERS),
    ("/join/", CUSTOMERS),
    ("/rate/", CUSTOMERS),
    ("/desk/escalat", PAGES),
    ("/desk", DESKS),
    ("/static/", PROBES),
    ("/healthz", PROBES),
    ("/readyz", PROBES),
    ("/metrics", PROBES),
    ("/api/v1/export", REPORTS),
    ("/api/", PROGRAMS),
    ("/hooks/", PROGRAMS),
    ("/outcomes", REPORTS),
    ("/rules/past", REPORTS),
    ("/rules/weigh", REPORTS),
    ("/rules", OFFICE),
    ("/directory", OFFICE),
    ("/shifts", OFFICE),
    ("/sign-in", SIGN_INS),
)
"""Which lane a path belongs to: the first whose beginning fits. Everything else is a page."""


def lane_of(path: str) -> Lane:
    return next((lane for beginning, lane in LANES if path.startswith(beginning)), PAGES)


class Admission:
    """Runs outside the routes, and inside the middleware that makes error pages and reads whole bodies."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._in_flight: Counter[Lane] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        lane = lane_of(scope["path"])
        if self._in_flight[lane] >= lane.at_once:
            await _refuse(scope, receive, send, Overloaded())
            return
        await _Admitted(lane, self._in_flight, scope, receive, send).run(self.app)


class _Admitted:
    """One request, from its admission until its response begins: a stream isn't work."""

    def __init__(self, lane: Lane, in_flight: Counter[Lane], scope: Scope, receive: Receive, send: Send) -> None:
        self._lane, self._in_flight, self._scope = lane, in_flight, scope
        self._receive, self._send = receive, send
        began = asyncio.get_running_loop().time()
        self._deadline = Deadline(began + lane.time_limit)
        self._limit = asyncio.timeout_at(began + lane.time_limit + LAST_RESORT)
        self._whole: Message | None = None
        self._watching: asyncio.Task[None] | None = None
        self._gone = self._begun = self._left = False

    async def run(self, app: ASGIApp) -> None:
        self._in_flight[self._lane] += 1
        try:
            with answers_by(self._deadline):
                async with self._limit:
                    if await self._caller_waits():
                        await app(self._scope, self._replay, self._watched_send)
        except TimeoutError:
            if self._begun or not self._limit.expired():
                raise
            if not self._gone:
                await _refuse(self._scope, self._receive, self._send, Unreachable("Something we need"))
        finally:
            self._leave()
        if self._gone:
            log.info("request given up, its caller has gone method=%s", self._scope["method"])

    async def _caller_waits(self) -> bool:
        """Whether the caller is still there. From then on, a reading request is given up as soon as they leave."""
        self._whole = await self._receive()
        self._gone = self._whole["type"] == "http.disconnect"
        if self._scope["method"] == "GET" and not self._gone:
            self._watching = asyncio.create_task(self._watch())
        return not self._gone

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if not self._limit.expired():
            self._gone = True
            self._limit.reschedule(0)

    async def _replay(self) -> Message:
        """The whole body, then what comes after it."""
        whole, self._whole = self._whole, None
        return await self._receive() if whole is None else whole

    async def _watched_send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not self._begun:
            self._begun = True
            self._leave()
            if not self._limit.expired():
                self._limit.reschedule(None)
        await self._send(message)

    def _leave(self) -> None:
        """Give back the share, once."""
        if self._left:
            return
        self._left = True
        self._in_flight[self._lane] -= 1
        self._deadline.until = math.inf
        if self._watching is not None:
            self._watching.cancel()


async def _refuse(scope: Scope, receive: Receive, send: Send, failure: Failure) -> None:
    response = await answer(Request(scope, receive), failure)
    await response(scope, receive, send)
