"""Draws the page of one webhook source."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.exceptions import HTTPException

from database.stores.access.webhook_deliveries import DeliveryFilter, latest_test, list_deliveries
from database.stores.access.webhooks import WebhookSource, find_source
from database.stores.directory.read import read_directory
from web.admin.deliveries import staff_names
from web.admin.delivery_words import delivery_words
from web.admin.source_fields import words_text
from web.admin.trigger_text import trigger_text
from web.dependencies import settings_of
from web.hooks.zendesk import KIND
from web.hooks.zendesk_payload import TAG
from web.page import page
from web.security.session import SignedIn

LATEST = 5
"""How many deliveries the page shows; the inbox has the others."""


async def source_or_404(conn: AsyncConnection, name: str) -> WebhookSource:
    source = await find_source(conn, name, KIND)
    if source is None:
        raise HTTPException(404)
    return source


async def source_page(
    request: Request, engine: AsyncEngine, signed: SignedIn, name: str, status: int = 200, **context: Any
) -> HTMLResponse:
    """The page. ``context`` says what was typed, and in ``wrong`` and ``field`` what is wrong with it."""
    async with engine.connect() as conn:
        source = await source_or_404(conn, name)
        directory = await read_directory(conn)
        latest = await list_deliveries(conn, DeliveryFilter(name), limit=LATEST)
        tested = await latest_test(conn, name) if context.pop("tested", False) else None
        names = await staff_names(conn)
    defaults = {
        "wrong": "",
        "field": "",
        "account": source.account,
        "statuses": words_text(source.words.get("status", {})),
        "priorities": words_text(source.words.get("priority", {})),
        "made_secret": "",
        "saved": False,
    }
    return page(
        request,
        "admin/webhook_source.html",
        status,
        source=source,
        url=f"{settings_of(request).base_url}/hooks/{source.kind}/{source.name}",
        text=trigger_text(directory, source.account),
        tag=TAG,
        lines=[(one, delivery_words(one)) for one in latest],
        tested=None if tested is None else (tested, delivery_words(tested)),
        names=names,
        zone=signed.time_zone,
        **(defaults | context),
    )
