"""Passwords that others would guess are refused, one's own sessions can be ended, and the audit log knows of both."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from database.clock import current_time
from database.stores.access.api_tokens import create_token
from database.tables.account import audit_entry
from tests.web.customers import visitor
from tests.web.forms import form_to, forms_of
from tests.web.office import Office, office
from tests.web.security.test_sign_in import ADDRESS, ADMIN, PASSWORD, give_password, link_for, sign_in_by_form
from web.security.rate_limit import REFUSALS_A_MINUTE

__all__ = ["office"]


async def audited(office: Office) -> list[tuple[str, str, str]]:
    """Actor, action and subject of each entry, oldest first."""
    columns = (audit_entry.c.actor, audit_entry.c.action, audit_entry.c.subject)
    async with office.engine.connect() as conn:
        return [(row[0], row[1], row[2]) for row in await conn.execute(select(*columns).order_by(audit_entry.c.id))]


def first_key(page: str) -> str:
    """Of the newest session that isn't this browser's."""
    return next(form.fields["key"] for form in forms_of(page) if form.action == "/sessions/end")


@pytest.mark.parametrize("password", ["password1234", "qwertyuiopas", "iloveyou1234", ADDRESS, ADDRESS.upper()])
async def test_common_passwords_and_ones_own_address_are_refused(office: Office, password: str) -> None:
    admin, number = await office.browser(ADMIN), office.people[ADMIN]
    said = await admin.post(f"/admin/people/{number}/password", "/admin", password=password)
    assert said.status_code == 422
    assert "easy to guess" in said.text
    async with visitor(office.app) as client:
        assert (await sign_in_by_form(client, ADDRESS, password)).status_code == 401


async def test_ones_own_sessions_are_listed_and_can_be_ended(office: Office) -> None:
    here, there, elsewhere = [await office.browser(ADMIN) for _ in range(3)]
    other = await office.browser("Otto Ops")
    page = await here.get("/sessions")
    assert page.count('<th scope="row">') == 3
    assert page.count("End this session") == 2
    key = first_key(page)
    assert "One session has ended." in (await here.post("/sessions/end", "/sessions", key=key)).text
    statuses = [(await browser.client.get("/admin")).status_code for browser in (there, elsewhere)]
    assert sorted(statuses) == [200, 303]
    await here.post("/sessions/end", "/sessions", key="others")
    assert [(await browser.client.get("/admin")).status_code for browser in (here, there, elsewhere)] == [200, 303, 303]
    assert (await other.client.get("/ops")).status_code == 200
    person = f"person:{office.people[ADMIN]}"
    assert (await audited(office)).count((person, "ended own sessions", person)) == 2


async def test_nobody_ends_somebody_elses_session(office: Office) -> None:
    ada, otto = await office.browser(ADMIN), await office.browser("Otto Ops")
    second = await office.browser("Otto Ops")
    key = first_key(await otto.get("/sessions"))
    await ada.post("/sessions/end", "/sessions", key=key)
    assert (await otto.client.get("/ops")).status_code == (await second.client.get("/ops")).status_code == 200


async def test_the_audit_log_knows_of_sign_ins_and_wrong_passwords(office: Office) -> None:
    await give_password(office)
    async with visitor(office.app) as client:
        await sign_in_by_form(client, ADDRESS, "wrong")
        await sign_in_by_form(client, "nobody@harborboats.example", "wrong")
        await sign_in_by_form(client, ADDRESS, PASSWORD)
    async with visitor(office.app) as client:
        address = await link_for(office)
        await client.post(address, data=form_to((await client.get(address)).text).fields)
    person = f"person:{office.people[ADMIN]}"
    entries = [entry for entry in await audited(office) if entry[1] in ("signed in", "gave a wrong password")]
    assert entries == [
        ("visitor", "gave a wrong password", person),
        (person, "signed in", person),
        (person, "signed in", person),
    ]


async def test_the_audit_log_knows_of_refusals_exports_and_scopes(office: Office) -> None:
    otto, number = await office.browser("Otto Ops"), office.people["Otto Ops"]
    for _ in range(15):
        assert (await otto.client.get("/admin")).status_code == 403
    await otto.get("/outcomes.csv")
    async with office.program() as program:
        assert (await program.get("/api/v1/export")).status_code == 200
    entries = await audited(office)
    refused = entries.count((f"person:{number}", "was refused for want of a role", "GET /admin"))
    assert refused == REFUSALS_A_MINUTE
    assert (f"person:{number}", "exported outcomes", "by person, 28 days") in entries
    assert ("api:test", "exported everything", "export") in entries


async def test_the_audit_log_knows_of_tokens_without_the_scope(office: Office) -> None:
    async with office.engine.begin() as conn:
        token = await create_token(conn, "reader", ["escalations:read"], current_time())
    async with office.program(token) as client:
        for _ in range(15):
            assert (await client.get("/api/v1/export")).status_code == 403
    refused = (await audited(office)).count(("api:reader", "was refused for want of a scope", "export"))
    assert refused == REFUSALS_A_MINUTE
