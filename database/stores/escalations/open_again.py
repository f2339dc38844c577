"""Opening an ended escalation's ticket again: under today's rules, with a link of its own.

The old link stays used up. Its page leads to the new one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.escalations.open import open_in
from database.stores.journal.timeline import done_before, lock, record
from database.tables.escalation import NAMED_HERE, ZONE_HERE, customer, escalation
from domain.customer_request import OpenedElsewhere
from domain.escalation import OPEN_STATES, Customer, Kind, Mode, NotNow, Opening, Ticket
from domain.failure import Failure
from domain.ids import Tokens

_KEY = "opened_again"


async def open_again(
    conn: AsyncConnection, escalation_id: str, actor: str, tokens: Tokens, now: datetime
) -> tuple[str, Failure | None]:
    """Open the ticket again and return the new escalation, or the one that was opened before.

    A refusal by the rules is stored, and returned for the caller to raise. Raises ``NotNow`` if the escalation isn't
    over, ``OpenedElsewhere``, and the failures of ``open_or_refuse``.
    """
    row = await lock(conn, escalation_id)
    if (before := await done_before(conn, escalation_id, _KEY)) is not None:
        return str(before["escalation_id"]), None
    if row.state in OPEN_STATES:
        raise NotNow(row.state)
    result, refusal = await open_in(conn, await _opening(conn, row, actor), tokens, now)
    if refusal is not None:
        return result.escalation_id, refusal
    query = select(escalation.c.customer).where(escalation.c.id == result.escalation_id)
    if (await conn.execute(query)).scalar_one() != row.customer:
        raise OpenedElsewhere
    body = {"escalation_id": result.escalation_id}
    await record(conn, escalation_id, Kind.OPENED_AGAIN, now, body=body, actor=actor, key=_KEY)
    return result.escalation_id, None


async def _opening(conn: AsyncConnection, row: Row[Any], actor: str) -> Opening:
    """A request like the one that opened this escalation."""
    of_customer = (
        select(customer, NAMED_HERE.label("named"), ZONE_HERE.label("zone"))
        .join(escalation, escalation.c.customer == customer.c.id)
        .where(escalation.c.id == row.id)
    )
    known = (await conn.execute(of_customer)).one()
    ticket = Ticket(row.ticket_system, row.ticket_id, row.ticket_url, row.subject, row.facts, row.ticket_account)
    asked_by = Customer(known.named, known.email, known.zone or "", known.language, phone=known.phone)
    conversation = tuple(row.conversation)
    return Opening(ticket, asked_by, Mode.BOOKING, actor, conversation=conversation, again_of=str(row.id))
