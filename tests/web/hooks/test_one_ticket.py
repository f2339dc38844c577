"""A ticket has one open escalation, whoever names it and however: the desk, the API, webhooks, search."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from cli.doctor_rows import tickets_told_apart
from database.stores.access.webhooks import add_source
from database.stores.escalations.ticket_accounts import open_tickets
from database.tables.escalation import escalation
from tests.web.desk_floor import ME, Floor, floor
from tests.web.hooks.test_hooks import SECRET, count, send, trigger, with_source
from tests.web.office import Office, office, ticket

__all__ = ["floor", "office"]

ESCALATIONS = "/api/v1/escalations"
TYPED = {"subject": "Engine stops", "name": "Mira Olsen", "email": "mira@olsen.example"}


async def escalate(floor: Floor, typed: str) -> str:
    """The id of the escalation to which the desk leads, or its complaint."""
    browser = await floor.office.browser(ME)
    answer = await browser.post("/desk/escalate", "/desk/escalate", mode="booking", ticket=typed, **TYPED)
    where = str(answer.headers.get("location", "")).removeprefix("/desk/escalations/").partition("?")[0]
    return where or answer.text


async def with_account(office: Office, name: str, account: str) -> None:
    async with office.engine.begin() as conn:
        await add_source(conn, name, "zendesk", SECRET, account)


async def by_program(office: Office, number: str, **changes: Any) -> dict[str, Any]:
    async with office.program() as program:
        answer: dict[str, Any] = (await program.post(ESCALATIONS, json=ticket(number, **changes))).json()
    return answer


async def test_every_way_of_naming_a_ticket_leads_to_its_escalation(floor: Floor) -> None:
    office = floor.office
    await with_account(office, "harbor", "harbor.zendesk.com")
    one = (await send(office, trigger("778", "harbor", "mira@olsen.example"))).json()["id"]
    for typed in (
        "#778",
        "Ticket 778",
        "https://harbor.zendesk.com/agent/#/tickets/778",
        "<harbor.zendesk.com/agent/filters/5/tickets/778>",
        "https://harbor.zendesk.com/api/v2/tickets/778.json",
    ):
        assert await escalate(floor, typed) == one
    oddities = (
        {"ticket__id": "#778"},
        {"ticket__url": "", "ticket__id": "778"},
        {"ticket__system": "Zendesk"},
        {"ticket__url": "https://harbor.zendesk.com/hc/en-us/requests/778", "ticket__system": "support"},
    )
    assert {(await by_program(office, "778", **change))["id"] for change in oddities} == {one}
    assert await count(office) == 1


async def test_the_host_on_a_sources_page_is_the_account_of_its_addresses(floor: Floor) -> None:
    office = floor.office
    await with_account(office, "harbor", "help.harbor.example")
    one = (await send(office, trigger("778", "harbor", "mira@olsen.example"))).json()["id"]
    assert await escalate(floor, "https://help.harbor.example/agent/tickets/778") == one
    assert await escalate(floor, "778") == one


async def test_with_several_accounts_the_desk_asks_and_the_api_refuses(floor: Floor) -> None:
    office = floor.office
    await with_account(office, "harbor", "harbor.zendesk.com")
    await with_account(office, "marina", "marina.zendesk.com")
    assert "Tickets come from several accounts here, and each may have a 778." in await escalate(floor, "#778")
    refused = await by_program(office, "778", ticket__url="")
    assert (refused["status"], refused["type"]) == (422, "urn:muster:account-unclear")
    assert await count(office) == 0


async def test_a_ticket_named_before_any_account_was_known_becomes_the_only_accounts(floor: Floor) -> None:
    one = await escalate(floor, "ticket 778")
    async with floor.engine.begin() as conn:
        await conn.execute(escalation.update().values(ticket_system="zendesk"))
    opened = await by_program(floor.office, "778")
    assert opened["id"] == one
    async with floor.engine.connect() as conn:
        row = (await conn.execute(select(escalation))).one()
    assert row.ticket_account == "harbor.zendesk.com"


async def test_setting_a_sources_account_moves_its_open_tickets_there(office: Office) -> None:
    await with_source(office)
    body = {"ticket": {"id": "778", "subject": "Engine"}, "customer": {"name": "N", "email": "n@olsen.example"}}
    one = (await send(office, body)).json()["id"]
    admin = await office.browser("Ada Admin")
    page = "/admin/webhooks/harbor"
    assert (await admin.post(page, page, account="harbor.zendesk.com")).status_code == 303
    assert (await by_program(office, "778"))["id"] == one


@pytest.mark.parametrize(
    "words", ["https://harbor.zendesk.com/agent/tickets/778", "harbor.zendesk.com/tickets/778", "#778"]
)
async def test_search_finds_a_ticket_by_its_address(office: Office, words: str) -> None:
    await by_program(office, "778", ticket__subject="The engine of harbor")
    await by_program(office, "1778", ticket__subject="Another number")
    ops = await office.browser("Otto Ops")
    page = await ops.get(f"/ops?q={words.replace('#', '%23')}")
    assert "The engine of harbor" in page
    assert "Another number" not in page


async def test_search_by_address_finds_no_other_accounts_ticket(office: Office) -> None:
    await by_program(
        office, "778", ticket__url="https://marina.zendesk.com/agent/tickets/778", ticket__subject="Marina’s"
    )
    ops = await office.browser("Otto Ops")
    assert "Marina’s" not in await ops.get("/ops?q=https://harbor.zendesk.com/agent/tickets/778")


async def test_the_doctor_lists_open_escalations_that_may_be_one_tickets(office: Office) -> None:
    harbor = await by_program(office, "778")
    marina = await by_program(office, "778", ticket__url="https://marina.zendesk.com/agent/tickets/778")
    async with office.engine.begin() as conn:
        assert tickets_told_apart(await open_tickets(conn)).ok
        unclear = escalation.update().where(escalation.c.id == marina["id"])
        await conn.execute(unclear.values(ticket_account="", ticket_url=""))
        finding = tickets_told_apart(await open_tickets(conn))
    assert not finding.ok
    assert f"zendesk 778: {harbor['id']}, {marina['id']}" in finding.detail
