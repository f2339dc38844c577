"""News of tickets: when they were solved or reopened, and how much was written, long after their escalation too."""

from __future__ import annotations

from fastapi import APIRouter, Request

from database.stores.escalations.ticket_accounts import identified
from database.stores.escalations.ticket_news import read_news, record_news
from domain.escalation import Ticket, TicketUnknown
from web.api.answers import TicketNewsAnswer
from web.api.bearer import Writer
from web.api.describe import body_of, described
from web.api.json_body import read_model
from web.api.requests import TicketNewsBody
from web.dependencies import Engine

router = APIRouter(prefix="/api/v1", tags=["tickets"])


@router.patch("/tickets", openapi_extra=body_of(TicketNewsBody), responses=described(404, 422))
async def record_ticket_news(request: Request, engine: Engine, token: Writer) -> TicketNewsAnswer:
    """Store what became of a ticket with all of its escalations. Null or missing fields keep their value.

    It ends no escalation: use `withdraw` for that. Repeating the request changes nothing.
    """
    body = await read_model(request, TicketNewsBody)
    async with engine.begin() as conn:
        ticket = await identified(conn, Ticket(body.system, body.id, body.url, ""))
        found = await record_news(conn, ticket, token.actor, body.news)
        if not found:
            raise TicketUnknown(body.id)
        stands = await read_news(conn, found[0])
    return TicketNewsAnswer(escalations=found, **vars(stands))
