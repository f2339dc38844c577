"""Does what a webhook asks for: opens an escalation, ends it, or records that its ticket was reopened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.clock import current_time
from database.stores.access.webhooks import WebhookSource
from database.stores.directory.read import read_directory
from database.stores.escalations.commands import EscalationCommands
from database.stores.escalations.ticket_accounts import account_of_solved, account_of_source, find_open, identified
from database.stores.escalations.ticket_news import record_news
from domain.escalation import BookingOnly, CallRefused, EscalationUnknown, NotNow, Outcome, Ticket
from domain.ids import Tokens
from domain.tickets.account import TicketIdentity, by_source
from rules_dsl import FactRefused, read_facts
from rules_dsl.directory import Directory
from web.api.escalations import open_now, read_or_raise
from web.api.problems import fact_errors
from web.api.views import customer_link
from web.dependencies import AppCommands, AppSettings, AppTokens, Engine
from web.hooks.commands import Command, Ends, IgnoredWebhook, Opens, Reopens, SourceWords
from web.hooks.zendesk_payload import SYSTEM, read_payload

OPENED, STOOD_ALREADY = "opened", "stood already"


@dataclass(frozen=True)
class HookParts:
    """What is needed to act on a webhook."""

    engine: AsyncEngine
    tokens: Tokens
    commands: EscalationCommands
    base_url: str


async def _parts(engine: Engine, tokens: AppTokens, commands: AppCommands, settings: AppSettings) -> HookParts:
    return HookParts(engine, tokens, commands, settings.base_url)


Parts = Annotated[HookParts, Depends(_parts)]


async def carry_out(parts: HookParts, source: WebhookSource, event: str, payload: Any) -> dict[str, Any]:
    """The answer. With ``"test": true`` in the payload, nothing changes, and the answer says what would have."""
    async with parts.engine.connect() as conn:
        directory = await read_directory(conn)
    command = read_payload(payload, directory, SourceWords(**source.words), current_time())
    if payload.get("test") is True:
        return {"done": "tested", "would": _would(command, directory)}
    match command:
        case IgnoredWebhook():
            return {"done": "ignored", "reason": command.reason}
        case Ends():
            return await _withdraw(parts, source, command)
        case Reopens():
            return await _reopen(parts, source, command)
        case Opens():
            return await _open(parts, source, event, command)


def _would(command: Command, directory: Directory) -> str:
    """What this would have done, in words. Raises ``FieldsRefused`` for facts that the directory doesn't accept."""
    match command:
        case IgnoredWebhook():
            return f"be ignored: {command.reason}"
        case Ends():
            return f"end the open escalation of ticket {command.ticket_id}"
        case Reopens():
            return f"record that ticket {command.ticket_id} was reopened"
        case Opens():
            opening = command.body.opening("", None)
            try:
                read_facts(opening.customer.facts | opening.ticket.facts, directory)
            except FactRefused as refused:
                raise fact_errors(refused, opening) from None
            return f"open an escalation for ticket {opening.ticket.id}, if the rules allow a call"


async def _open(parts: HookParts, source: WebhookSource, event: str, command: Opens) -> dict[str, Any]:
    """Open an escalation. A refusal by the rules counts as success too, because a retry would be refused again."""
    opening = command.body.opening(by_source(source.name), event)
    async with parts.engine.begin() as conn:
        account = await account_of_source(conn, source, opening.ticket.url)
    opening = replace(opening, ticket=replace(opening.ticket, account=account))
    try:
        opened = await open_now(parts.engine, parts.tokens, opening)
    except (CallRefused, BookingOnly) as refused:
        return {"done": "refused", "reason": refused.detail}
    escalation = await read_or_raise(parts.engine, opened.escalation_id)
    done = OPENED if opened.created or opened.repeated else STOOD_ALREADY
    return {"done": done, "id": escalation.id, "state": escalation.state}


async def with_customer_link(parts: HookParts, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer to an opening with the customer's link, which no table holds; any other answer as it is."""
    if answer.get("done") not in (OPENED, STOOD_ALREADY):
        return answer
    escalation = await read_or_raise(parts.engine, answer["id"])
    return answer | {"customer_link": customer_link(parts.tokens, escalation, parts.base_url)}


async def _withdraw(parts: HookParts, source: WebhookSource, command: Ends) -> dict[str, Any]:
    """End the ticket's escalation if its call is still to come."""
    actor = by_source(source.name)
    async with parts.engine.begin() as conn:
        ticket = await _ticket(conn, source, command)
        escalation_id = await find_open(conn, ticket, actor)
        await record_news(conn, ticket, actor, command.news)
    if escalation_id is None:
        return {"done": "ignored", "reason": "the ticket has no open escalation"}
    solved, reason = command.how == "solved", f"The ticket was {command.how}."
    outcome = Outcome.TICKET_SOLVED if solved else Outcome.WITHDRAWN
    try:
        await parts.commands.withdraw(escalation_id, actor, outcome, "" if solved else reason)
    except (NotNow, EscalationUnknown) as failure:
        return {"done": "ignored", "id": escalation_id, "reason": failure.detail}
    return {"done": "withdrawn", "id": escalation_id}


async def _reopen(parts: HookParts, source: WebhookSource, command: Reopens) -> dict[str, Any]:
    """Record that the ticket was reopened. A call that its solution ended isn't offered again by itself."""
    async with parts.engine.begin() as conn:
        ticket = await _ticket(conn, source, command)
        found = await record_news(conn, ticket, by_source(source.name), command.news)
    if not found:
        return {"done": "ignored", "reason": "the ticket has no escalation"}
    return {"done": "recorded", "id": found[0]}


async def _ticket(conn: AsyncConnection, source: WebhookSource, command: Ends | Reopens) -> TicketIdentity:
    account = await account_of_solved(conn, source, command.url)
    return await identified(conn, Ticket(SYSTEM, command.ticket_id, command.url, "", account=account))
