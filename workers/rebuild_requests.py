"""Rebuilds the workflows for which support ops ask on the web, within seconds."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError

from activities.comparing import find_problem
from database.clock import current_time
from database.listening import listen
from database.stores.rounds.rebuild_requests import (
    RebuildAnswer,
    RebuildRequest,
    answer_request,
    note_failure,
    take_requests,
)
from database.stores.rounds.repair import position_of
from domain.ids import REBUILD_CHANNEL
from workers.pulse import PULSES
from workers.rebuild import BY_HAND, rebuild
from workers.waking import first_of

log = logging.getLogger(__name__)

POLL_EVERY = 5.0
"""Seconds between polls, in case a notification is lost; also between attempts while Temporal doesn't answer."""


async def run_rebuild_requests(engine: AsyncEngine, client: Client, stop: asyncio.Event) -> None:
    """Answer requests until ``stop``. Survives outages of the database and of Temporal."""
    news = asyncio.Event()
    listening = asyncio.create_task(_wake_on_news(engine, news))
    try:
        while not stop.is_set():
            news.clear()
            PULSES.tried("rebuild_requests")
            try:
                await answer_requests(engine, client)
                PULSES.worked("rebuild_requests")
            except (SQLAlchemyError, OSError) as error:
                log.warning("rebuild requests unreachable, retrying error=%s", type(error).__name__)
            await first_of(stop, news, POLL_EVERY)
    finally:
        listening.cancel()


async def answer_requests(engine: AsyncEngine, client: Client) -> None:
    """Rebuild every workflow that somebody asked for, one after another; those that fail are asked for again."""
    async with engine.begin() as conn:
        for request in await take_requests(conn):
            try:
                answer = await _rebuilt(engine, client, request)
            except (RPCError, RuntimeError) as error:
                log.warning("rebuild failed, retrying escalation=%s error=%s", request.escalation, type(error).__name__)
                await note_failure(conn, request, "Temporal does not answer")
            else:
                log.warning("rebuild requested escalation=%s answer=%s", request.escalation, answer)
                await answer_request(conn, request, answer, current_time())


async def _rebuilt(engine: AsyncEngine, client: Client, request: RebuildRequest) -> RebuildAnswer:
    now = current_time()
    async with engine.connect() as conn:
        position = await position_of(conn, request.escalation, now)
    if position is None:
        return RebuildAnswer.OVER
    problem = await find_problem(client, engine, position, now)
    reason = BY_HAND if problem is None else problem.value
    rebuilt = await rebuild(client, engine, request.escalation, reason, now, actor=request.asked_by)
    return RebuildAnswer.REBUILT if rebuilt else RebuildAnswer.OVER


async def _wake_on_news(engine: AsyncEngine, news: asyncio.Event) -> None:
    async for _ in listen(engine.url.render_as_string(hide_password=False), [REBUILD_CHANNEL]):
        news.set()
