"""The calls that a person has in hand: offered to them, taken, going on, or being wrapped up."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.escalation import NAMED_HERE, customer, escalation
from database.tables.muster import call, offer


@dataclass(frozen=True)
class CallInHand:
    call_id: str
    escalation_id: str
    subject: str
    customer: str
    state: str
    """The call's: ``offered``, ``taken``, ``on_call`` or ``wrapping_up``."""
    joined: bool
    """Whether this person is in the room."""

    @property
    def mark(self) -> str:
        """Differs once the call has moved on, so that what a page said of it no longer holds."""
        return f"{self.call_id}/{self.state}/{int(self.joined)}"


async def calls_in_hand(conn: AsyncConnection, who: int) -> tuple[CallInHand, ...]:
    query = (
        select(call.c.id, call.c.state, call.c.agent_joined_at, escalation.c.subject, NAMED_HERE.label("name"))
        .add_columns(escalation.c.id.label("escalation"))
        .join(call, call.c.id == offer.c.call)
        .join(escalation, escalation.c.id == call.c.escalation)
        .join(customer, customer.c.id == escalation.c.customer)
        .where(offer.c.person == who, offer.c.state.in_(["offered", "accepted"]))
    )
    return tuple(
        CallInHand(str(row.id), row.escalation, row.subject, row.name, row.state, row.agent_joined_at is not None)
        for row in await conn.execute(query)
    )
