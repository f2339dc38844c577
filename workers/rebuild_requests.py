"""Rebuilds the workflows for which support ops ask on the web, within seconds."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from database.clock import current_time
from database.listening import listen
from database.stores.rounds.rebuild_requests import (
    RebuildAnswer,
    RebuildRequest,
    answer_request,
    note_failure,
    take_request,
)
from database.stores.rounds.repair import position_of
from domain.ids import REBUILD_CHANNEL
from workers.pulse import PULSES
from workers.rebuild import reason_to_rebuild, rebuild
from workers.waking import first_of

log = logging.getLogger(__name__)

POLL_EVERY = 5.0
"""Seconds between polls, in case a notification is lost; also between attempts while Temporal doesn't answer."""
UNANSWERED = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED})
"""How a call to Temporal fails if there is no answer."""


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
            except Exception:
                log.exception("unexpected rebuild requests error, retrying in %.0f s", POLL_EVERY)
            await first_of(stop, news, POLL_EVERY)
    finally:
        listening.cancel()


async def answer_requests(engine: AsyncEngine, client: Client) -> None:
    """Rebuild every workflow that somebody asked for, one after another; failed ones are retried by the next call.

    Each request has its own transaction, because a rebuild commits elsewhere: if one fails, the others stay answered.
    """
    failed: list[str] = []
    while await _answer_next(engine, client, failed):
        PULSES.tried("rebuild_requests")


async def _answer_next(engine: AsyncEngine, client: Client, failed: list[str]) -> bool:
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
            known = isinstance(error, RPCError | RuntimeError | SQLAlchemyError | OSError)
            words = ("rebuild failed, retrying escalation=%s error=%s", request.escalation, type(error).__name__)
            log.warning(*words, exc_info=None if known else error)
            return True
        await answer_request(conn, request, answer, current_time())
    log.warning("rebuild requested escalation=%s answer=%s", request.escalation, answer)
    return True


def _words(error: Exception) -> str:
    """What the page says about a failed attempt."""
    # A client that has never connected raises a plain RuntimeError.
    if type(error) is RuntimeError or (isinstance(error, RPCError) and error.status in UNANSWERED):
        return "Temporal does not answer"
    return error.status.name if isinstance(error, RPCError) else type(error).__name__


async def _rebuilt(engine: AsyncEngine, client: Client, request: RebuildRequest) -> RebuildAnswer:
    now = current_time()
    async with engine.connect() as conn:
        position = await position_of(conn, request.escalation, now)
    if position is None:
        return RebuildAnswer.OVER
    reason = await reason_to_rebuild(client, engine, position, now)
    rebuilt = await rebuild(client, engine, request.escalation, reason, now, actor=request.asked_by)
    return RebuildAnswer.REBUILT if rebuilt else RebuildAnswer.OVER


async def _wake_on_news(engine: AsyncEngine, news: asyncio.Event) -> None:
    async for _ in listen(engine.url.render_as_string(hide_password=False), [REBUILD_CHANNEL]):
        news.set()
