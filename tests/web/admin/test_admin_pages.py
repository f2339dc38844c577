"""Administration: sign-in links, passwords and tokens are created, shown once, and audited."""

from __future__ import annotations

import re

from sqlalchemy import select

from database.tables.account import audit_entry
from tests.web.office import Office, office

__all__ = ["office"]


async def noted(office: Office) -> list[str]:
    async with office.engine.connect() as conn:
        return list((await conn.execute(select(audit_entry.c.action).order_by(audit_entry.c.id))).scalars())


async def test_a_renewed_link_signs_in(office: Office) -> None:
    admin = await office.browser("Ada Admin")
    anna = office.people["Anna Schmidt"]
    answer = await admin.post(f"/admin/people/{anna}/sign-in-link", "/admin")
    link = re.search(r"http://127\.0\.0\.1:8700(/sign-in/[\w-]+)", answer.text)
    assert link is not None
    assert "Anna Schmidt" in await (await office.browser("Ada Admin")).get(link[1])
    assert (await noted(office))[-1] == "renewed sign-in link"
    assert (await admin.post("/admin/people/999/sign-in-link", "/admin")).status_code == 404


async def test_a_password_is_set_and_ends_sessions(office: Office) -> None:
    admin, anna = await office.browser("Ada Admin"), await office.browser("Anna Schmidt")
    number = office.people["Anna Schmidt"]
    short = await admin.post(f"/admin/people/{number}/password", "/admin", password="short")
    assert short.status_code == 422
    assert "12 to 1000" in short.text
    await admin.post(f"/admin/people/{number}/password", "/admin", password="a long enough one")
    assert (await anna.client.get("/outcomes")).status_code == 303
    assert "a long enough one" not in str(await noted(office))


async def test_a_token_is_shown_once_and_revoked(office: Office) -> None:
    admin = await office.browser("Ada Admin")
    made = await admin.post("/admin/tokens", "/admin/tokens", name="reports", scopes=["escalations:read", "root"])
    token = re.search(r"muster_[\w-]+", made.text)
    assert token is not None
    async with office.program(token[0]) as program:
        assert (await program.get("/api/v1/escalations")).status_code == 200
        assert token[0] not in await admin.get("/admin/tokens")
        await admin.post("/admin/tokens/revoke", "/admin/tokens", name="reports")
        assert (await program.get("/api/v1/escalations")).status_code == 401
    again = await admin.post("/admin/tokens", "/admin/tokens", name="reports", scopes=["export"])
    assert again.status_code == 409
    assert (await admin.post("/admin/tokens", "/admin/tokens", name="x")).status_code == 422
    assert (await noted(office))[-2:] == ["made API token", "revoked API token"]


async def test_the_audit_log_says_who_did_what(office: Office) -> None:
    admin = await office.browser("Ada Admin")
    await admin.post("/admin/tokens", "/admin/tokens", name="reports", scopes=["export"])
    page = await admin.get("/admin/audit")
    assert "made API token" in page
    assert "Ada Admin" in page
    await (await office.browser("Marta Manager")).get("/admin/audit", 403)


async def test_the_occupancy_limit_is_saved_and_audited(office: Office) -> None:
    admin = await office.browser("Ada Admin")
    assert 'value="85"' in await admin.get("/admin/guards")
    for wrong in ("", "9", "101", "eighty", "-20", "8" * 40, "0050" + "1" * 9):
        answer = await admin.post("/admin/guards", "/admin/guards", percent=wrong)
        assert answer.status_code == 422, wrong
        assert "from 10 to 100" in answer.text
    assert (await admin.post("/admin/guards", "/admin/guards", percent="70 %")).status_code == 303
    assert "at 70 % or more" in await admin.get("/admin/guards")
    assert (await noted(office))[-1] == "set occupancy limit"
