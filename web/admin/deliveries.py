"""The inbox of webhooks: every delivery with the answer that it got, and its replay."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.exceptions import HTTPException

from database.stores.access.accounts import all_accounts
from database.stores.access.webhook_deliveries import (
    BODY_BYTES,
    REPLAYED,
    DeliveryFilter,
    WebhookDelivery,
    WebhookReplay,
    find_delivery,
    list_deliveries,
    replays_of,
)
from database.stores.access.webhooks import WebhookSource, all_sources, deleted_names, find_source
from domain.failure import Failure
from web.admin.delivery_words import delivery_words
from web.dependencies import AppSettings, Engine
from web.hooks.carry_out import Parts
from web.hooks.receive import SignedBody, receive
from web.hooks.zendesk import KIND
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/admin/deliveries")

PAGE = 50
_LARGEST = 2**62


@router.get("")
async def inbox(
    request: Request,
    engine: Engine,
    settings: AppSettings,
    signed: Signed,
    source: Annotated[str, Query(max_length=40)] = "",
    refused: bool = False,
    before: Annotated[int | None, Query(ge=1, le=_LARGEST)] = None,
) -> HTMLResponse:
    chosen = DeliveryFilter(source or None, refused)
    async with engine.connect() as conn:
        found = await list_deliveries(conn, chosen, before=before, limit=PAGE + 1)
        sources = [one.name for one in await all_sources(conn)]
        deleted = [name for name in await deleted_names(conn) if name not in sources]
        names = await staff_names(conn)
    return page(
        request,
        "admin/deliveries.html",
        lines=[(one, delivery_words(one)) for one in found[:PAGE]],
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        before=before,
        source=source,
        refused=refused,
        sources=sources,
        deleted=deleted,
        names=names,
        days=settings.keep_webhook_deliveries_days,
        zone=signed.time_zone,
    )


@router.get("/{number}")
async def delivery_page(
    request: Request, engine: Engine, settings: AppSettings, signed: Signed, number: int
) -> HTMLResponse:
    async with engine.connect() as conn:
        one = await _found(conn, number)
        source = await find_source(conn, one.source, KIND)
        replays = await replays_of(conn, one.id)
        names = await staff_names(conn)
    return page(
        request,
        "admin/delivery.html",
        one=one,
        words=delivery_words(one),
        body=(one.body or b"").decode(errors="replace"),
        no_replay=_no_replay(one, source, settings.keep_webhook_bodies_days),
        replays=[(replay, delivery_words(replay)) for replay in replays],
        names=names,
        zone=signed.time_zone,
    )


@router.post("/{number}/replay", dependencies=[Guarded])
async def replay(
    engine: Engine, parts: Parts, signed: Signed, number: int, nth: Annotated[int, Form(ge=1, le=10_000)] = 1
) -> Response:
    """Handle the stored body again, as if it arrived now. The same ``nth`` again changes nothing."""
    async with engine.connect() as conn:
        one = await _found(conn, number)
        source = await find_source(conn, one.source, KIND)
    if source is None or one.body is None:
        return RedirectResponse(f"/admin/deliveries/{number}", 303)
    again = WebhookReplay(one.id, nth, signed.actor)
    with suppress(Failure):
        # A failure is in the inbox with its reason, like that of any other delivery.
        await receive(parts, source, SignedBody(one.body, origin=REPLAYED, replay=again))
    return RedirectResponse(f"/admin/deliveries/{await _replay_id(engine, again) or number}", 303)


async def staff_names(conn: AsyncConnection) -> dict[str, str]:
    """Names by actor: ``person:7``."""
    return {f"person:{account.id}": account.name for account in await all_accounts(conn)}


async def _replay_id(engine: AsyncEngine, replay: WebhookReplay) -> int | None:
    async with engine.connect() as conn:
        replays = await replays_of(conn, replay.of)
    return next((one.id for one in replays if one.replay is not None and one.replay.nth == replay.nth), None)


async def _found(conn: AsyncConnection, number: int) -> WebhookDelivery:
    one = await find_delivery(conn, number) if 0 < number < _LARGEST else None
    if one is None:
        raise HTTPException(404)
    return one


def _no_replay(one: WebhookDelivery, source: WebhookSource | None, days: int) -> str:
    """Why this delivery can't be replayed; empty if it can."""
    if not one.signed:
        return "Without a valid signature nothing of a body is kept, so this can’t be replayed."
    if one.replay is not None:
        return "This is a replay. To replay it once more, open the first delivery."
    if source is None:
        return "Its source was deleted, so this can’t be replayed."
    if one.body_bytes > BODY_BYTES:
        sizes = f"Its body has {one.body_bytes // 1024} kB, of which at most {BODY_BYTES // 1024} are kept"
        return f"{sizes}, so this can’t be replayed."
    if one.body is None:
        return f"Bodies are kept for {days} days, so this can’t be replayed any more."
    return ""
