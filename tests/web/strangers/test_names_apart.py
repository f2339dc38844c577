"""One ticket's name of a customer isn't put into another ticket's mails or pages."""

from __future__ import annotations

from datetime import timedelta

from database.stores.journal.message_queue import take_due
from database.stores.queries.letter_context import letter_context
from domain.letter import Channel
from tests.web.customers import visitor
from tests.web.office import Office, office, ticket

__all__ = ["office"]


async def test_each_ticket_calls_its_customer_as_it_named_them(office: Office) -> None:
    links: dict[str, str] = {}
    async with office.program() as program:
        for number, name in (("1", "Mira Olsen"), ("2", "Your invoice is overdue: pay at evil.example")):
            body = ticket(number, customer__name=name)
            opened = (await program.post("/api/v1/escalations", json=body)).json()
            links[opened["id"]] = opened["customer_link"]
        first = next(iter(links))
        shown = (await program.get(f"/api/v1/escalations/{first}")).json()
    assert shown["customer"]["name"] == "Mira Olsen"
    async with office.engine.begin() as conn:
        waiting = await take_due(conn, Channel.MAIL, 10, timedelta(minutes=1))
        named = {one.escalation_id: (await letter_context(conn, one)).customer_name for one in waiting}
    assert named[first] == "Mira Olsen"
    assert len(set(named.values())) == 2
    async with visitor(office.app) as client:
        page = await client.get(links[first])
        assert page.status_code == 200
        assert "overdue" not in page.text
