"""What somebody would see of a life at a moment: pages as they load them, and mails as they would be sent now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.letters.as_mail import as_text
from activities.letters.letter import Addresses
from activities.letters.write import write
from database.stores.journal.message_queue import queued_message
from database.stores.queries.letter_context import letter_context
from database.tables.escalation import message
from domain.letter import reason_obsolete
from tests.web.sentences.reading import cut, sentences_of
from tests.web.sentences.rows import Rows, read_rows
from tests.web.sentences.town import Life, Town


@dataclass(frozen=True)
class View:
    page: str
    """``customer``, ``join``, ``rate``, ``story``, ``raised``, ``desk``, ``list``, ``board``, ``outcomes`` or
    ``mail``."""
    about: Any
    """The row that the page is about: a link, a call, an offer, a survey, a person or a message."""
    sentences: tuple[str, ...]


async def observe(town: Town, life: Life) -> tuple[Rows, list[View]]:
    """The rows, and what is seen of them at this moment."""
    asked = await _read(town, life)
    # Whoever opens their desk is there from that moment on.
    desks = [
        await _seen("desk", asked.named(name), (await town.browser(name)).client, "/desk")
        for name in dict.fromkeys(offer.name for offer in asked.offers)
    ]
    agent = (await town.browser("Noor Haddad")).client
    raised = await _seen("raised", asked.named("Noor Haddad"), agent, f"/desk/escalations/{life.id}")
    rows = await _read(town, life)
    views = [raised, *(View(one.page, rows.named(one.about.name), one.sentences) for one in desks)]
    views += await _customers_views(town, life, rows)
    ops = (await town.browser("Otto Ops")).client
    views.append(await _seen("story", None, ops, f"/ops/{life.id}"))
    manager = (await town.browser("Marta Manager")).client
    views.append(await _seen("list", None, ops, f"/ops?q=%23{life.ticket}&state=all"))
    views.append(await _seen("board", None, manager, "/board"))
    views.append(await _seen("outcomes", None, manager, "/outcomes"))
    async with town.engine.connect() as conn:
        return rows, views + await _mails(conn, town, life)


async def _read(town: Town, life: Life) -> Rows:
    async with town.engine.connect() as conn:
        return await read_rows(conn, life.id, town.now)


async def _customers_views(town: Town, life: Life, rows: Rows) -> list[View]:
    """The pages behind all links of the escalation; an older link may lead to the page of a newer one."""
    visitor, tokens, views = town.client({}), town.tokens, []
    links = {f"/c/{tokens.customer_link(life.id, link.nth)}": link for link in rows.links}
    for address, link in links.items():
        answer = await visitor.get(address)
        shown = links[answer.headers["location"].partition("?")[0]] if answer.status_code == 303 else link
        if shown is link:
            assert answer.status_code in (200, 410), answer.text
            views.append(View("customer", link, tuple(sentences_of(answer.text))))
    for call in rows.calls:
        views.append(await _seen("join", call, visitor, f"/join/{tokens.customer_join(str(call.id))}"))
    for offer in rows.offers:
        if rows.happened("accepted", call_id=str(offer.call), offer=offer.nth):
            token = tokens.agent_join(str(offer.call), offer.nth)
            views.append(await _seen("agent join", offer, visitor, f"/join/{token}"))
    for survey in rows.surveys:
        views.append(await _seen("rate", survey, visitor, f"/rate/{tokens.survey(str(survey.call))}"))
    return views


async def _seen(page: str, about: Any, client: httpx.AsyncClient, address: str) -> View:
    answer = await client.get(address)
    assert answer.status_code in (200, 410), (address, answer.text)
    return View(page, about, tuple(sentences_of(answer.text)))


async def _mails(conn: AsyncConnection, town: Town, life: Life) -> list[View]:
    addresses = Addresses("http://127.0.0.1:8700", town.tokens)
    query = message.select().where(message.c.escalation == life.id, message.c.state == "queued")
    seen = []
    for row in (await conn.execute(query.add_columns(message.c.recipient.label("to")))).all():
        context = await letter_context(conn, queued_message(row))
        if not reason_obsolete(context):
            letter = write(context, addresses)
            lines = [letter.subject, *as_text(letter, context).split("\n")]
            seen.append(View("mail", row, tuple(one for line in lines for one in cut(line))))
    return seen
