"""One source of webhooks: its page, its account and words, and a test of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.access.webhook_deliveries import TESTED
from database.stores.access.webhooks import change_source, was_deleted
from database.stores.directory.read import read_directory
from database.stores.escalations.ticket_accounts import adopt_tickets
from database.stores.journal.audit_log import write_audit
from domain.failure import Failure
from domain.tickets.account import AccountTaken
from web.admin.source_fields import ACCOUNT_WRONG, LONGEST_WORDS, WordsUnfit, account_host, read_words
from web.admin.source_page import source_or_404, source_page
from web.admin.trigger_text import trigger_text
from web.dependencies import Engine
from web.hooks.carry_out import Parts
from web.hooks.commands import STATUSES
from web.hooks.receive import authenticated, receive
from web.hooks.signature import zendesk_signature
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/admin/webhooks/{source}")


@router.get("")
async def show(
    request: Request, engine: Engine, signed: Signed, source: str, tested: bool = False, saved: bool = False
) -> Response:
    async with engine.connect() as conn:
        if await was_deleted(conn, source):
            return RedirectResponse(f"/admin/deliveries?source={source}", 303)
    return await source_page(request, engine, signed, source, tested=tested, saved=saved)


@router.post("", dependencies=[Guarded])
async def change(
    request: Request,
    engine: Engine,
    signed: Signed,
    source: str,
    account: Annotated[str, Form()] = "",
    statuses: Annotated[str, Form(max_length=LONGEST_WORDS)] = "",
    priorities: Annotated[str, Form(max_length=LONGEST_WORDS)] = "",
) -> Response:
    """Save the account, if one is given, and the words as the page shows them."""

    async def refuse(field: str, wrong: str, status: int = 422) -> Response:
        typed = {"account": account, "statuses": statuses, "priorities": priorities}
        return await source_page(request, engine, signed, source, status, field=field, wrong=wrong, **typed)

    host = account_host(account.strip())
    if host is None:
        return await refuse("account", ACCOUNT_WRONG)
    words: dict[str, dict[str, str]] = {}
    for field, kind, typed, known in (
        ("statuses", "status", statuses, STATUSES),
        ("priorities", "priority", priorities, await _priorities(engine)),
    ):
        try:
            words[kind] = read_words(typed, known)
        except WordsUnfit as unfit:
            return await refuse(field, unfit.detail)
    try:
        async with engine.begin() as conn:
            before, now = await source_or_404(conn, source), current_time()
            await change_source(conn, source, host, words)
            if host:
                await adopt_tickets(conn, before, host)
            body = {"account": host} | {kind: len(pairs) for kind, pairs in words.items()}
            await write_audit(conn, signed.actor, "changed webhook source", source, now, body)
    except AccountTaken as taken:
        return await refuse("account", taken.detail, 409)
    return RedirectResponse(f"/admin/webhooks/{source}?saved=1", 303)


@router.post("/test", dependencies=[Guarded])
async def test(engine: Engine, parts: Parts, source: str) -> Response:
    """Sign the sample with the newest secret, and have it handled like a webhook that arrives."""
    async with engine.connect() as conn:
        found = await source_or_404(conn, source)
        directory = await read_directory(conn)
    body = trigger_text(directory, found.account).sample.encode()
    timestamp = current_time().isoformat()
    headers = {
        "x-zendesk-webhook-signature": zendesk_signature(found.secrets[-1].value, timestamp, body),
        "x-zendesk-webhook-signature-timestamp": timestamp,
    }
    # The secret's own use isn't noted: that tells whether the help desk signs with it.
    sent = replace(authenticated(found, headers, body), secret="", origin=TESTED)
    with suppress(Failure):
        # The page shows the delivery, with the reason if it failed.
        await receive(parts, found, sent)
    return RedirectResponse(f"/admin/webhooks/{source}?tested=1", 303)


async def _priorities(engine: AsyncEngine) -> tuple[str, ...]:
    """The declared priorities in small letters; empty if any word is one."""
    async with engine.connect() as conn:
        fact = (await read_directory(conn)).fact_named("priority")
    return tuple(value.casefold() for value in fact.values) if fact else ()
