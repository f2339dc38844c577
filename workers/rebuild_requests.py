"""Rebuilds the workflows for which support ops ask on the web, within seconds."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError

from activities.outage import is_temporal_down
from database.clock import current_time
from database.engine import is_down
from database.stores.rounds.rebuild_requests import (
    RebuildAnswer,
    RebuildRequest,
    answer_request,
    note_failure,
    take_request,
)
from database.stores.rounds.repair import position_of
from domain.ids import REBUILD_CHANNEL
from workers.news import woken_by
from workers.part import Part
from workers.pulse import PULSES
from workers.rebuild import reason_to_rebuild, rebuild

log = logging.getLogger(__name__)

POLL_EVERY = 5.0
"""Seconds between polls, in case a notification is lost; also between attempts while Temporal doesn't answer."""


async def run_rebuild_requests(engine: AsyncEngine, client: Client, stop: asyncio.Event) -> None:
    """Answer requests until ``stop``. Survives outages of the database and of Temporal."""
    news, part = asyncio.Event(), Part("rebuild_requests")
    async with woken_by(REBUILD_CHANNEL, engine, news.set, part):
        while not stop.is_set():
            news.clear()
            with part.run():
                await answer_requests(engine, client, part)
            await part.pause(stop, POLL_EVERY, news)


async def answer_requests(engine: AsyncEngine, client: Client, part: Part | None = None) -> None:
    """Rebuild every workflow that somebody asked for, one after another; failed ones are retried by the next call.

    Each request has its own transaction, because a rebuild commits elsewhere: if one fails, the others stay answered.
    Failures are logged in the name of ``part``.
    """
    failed: list[str] = []
    part = part or Part("rebuild_requests")
    while await _answer_next(engine, client, failed, part):
        PULSES.tried(part.name)


async def _answer_next(engine: AsyncEngine, client: Client, failed: list[str], part: Part) -> bool:
    """Answer one request, except those that failed, or add it to those; False if there is none."""
    async with engine.begin() as conn:
        request = await take_request(conn, failed)
        if request is None:
            return False
        try:
            answer = await _rebuilt(engine, client, request)
        except Exception as error:
            # Whatever is wrong with this workflow, the others must not wait for it.
            failed.append(request.id)
            await note_failure(conn, request, _words(error))
            part.log_failure(error, "request", f"escalation={request.escalation}")
            return True
        await answer_request(conn, request, answer, current_time())
    log.warning("rebuild requested escalation=%s answer=%s", request.escalation, answer)
    return True


def _words(error: Exception) -> str:
    """What the page says about a failed attempt."""
    if is_temporal_down(error):
        return "Temporal does not answer"
    if is_down(error):
        return "the database can't be used right now"
    return f"Temporal refused: {error.status.name}" if isinstance(error, RPCError) else type(error).__name__


async def _rebuilt(engine: AsyncEngine, client: Client, request: RebuildRequest) -> RebuildAnswer:
    now = current_time()
    async with engine.connect() as conn:
        position = await position_of(conn, request.escalation, now)
    if position is None:
        return RebuildAnswer.OVER
    reason = await reason_to_rebuild(client, engine, position, now)
    rebuilt = await rebuild(client, engine, request.escalation, reason, now, actor=request.asked_by)
    return RebuildAnswer.REBUILT if rebuilt else RebuildAnswer.OVER
