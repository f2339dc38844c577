"""Publishing to a share of the customers from the editor, and drafts that survive renamings and rollouts."""

from __future__ import annotations

import html

from sqlalchemy import select

from database.stores.rules.rollouts import running_rollout
from database.stores.rules.versions import current_published
from database.tables.directory import team
from tests.web.forms import forms_of
from tests.web.office import RULES, Browser, Office, office
from tests.web.rules.test_rules_pages import typed

__all__ = ["office"]

FASTER = RULES.replace("if nobody in 3 minutes", "if nobody in 2 minutes")


async def rename_office(office: Office, manager: Browser) -> None:
    async with office.engine.connect() as conn:
        number = (await conn.execute(select(team.c.id).where(team.c.name == "Office"))).scalar_one()
    address = f"/directory/teams/{number}"
    answer = await manager.post(f"{address}/rename", address, name="Back office", seen="Office")
    assert answer.status_code == 303


async def test_publishing_to_a_share_of_the_customers(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    editor = next(form for form in forms_of(await manager.get("/rules/edit")) if form.action == "/rules/publish")
    assert {"percent": "10"} in editor.buttons
    assert editor.buttons[0] == {}, "what sends the form by itself publishes nothing to a part"
    fields = {"text": FASTER, "reason": "no long waits", "based_on": "1", "percent": "10"}
    answer = await manager.post("/rules/publish", "/rules/edit", **fields)
    assert answer.headers["location"] == "/rules/stages?said=started"
    moved = await manager.client.get(answer.headers["location"])
    page = html.unescape(await manager.get(moved.headers["location"]))
    assert "Published to 10 % of the customers" in page
    assert "Version 2 is live for 10 % of the customers" in html.unescape(await manager.get("/rules"))
    edit = html.unescape(await manager.get("/rules/edit"))
    assert "Give it to everybody or roll it back" in edit
    assert 'name="percent"' not in edit


async def test_a_running_rollout_refuses_another_and_keeps_the_draft(office: Office) -> None:
    ada, marta = await office.browser("Ada Admin"), await office.browser("Marta Manager")
    fields = {"text": FASTER, "reason": "no long waits", "based_on": "1", "percent": "30"}
    await ada.post("/rules/publish", "/rules/edit", **fields)
    mine = RULES.replace("at most 5 calls", "at most 6 calls")
    answer = await marta.post("/rules/publish", "/rules/edit", text=mine, reason="one more", based_on="1")
    assert answer.status_code == 409
    assert "Version 2 of Ada Admin is live for 30 % of the customers" in html.unescape(answer.text)
    assert typed(answer) == mine
    assert 'value="one more"' in answer.text


async def test_a_renaming_loses_no_draft(office: Office) -> None:
    ada, marta = await office.browser("Ada Admin"), await office.browser("Marta Manager")
    await marta.get("/rules/edit")
    await rename_office(office, ada)
    checked = await marta.post("/rules/check", "/rules/edit", text=FASTER, reason="faster", based_on="1")
    assert typed(checked) == FASTER.replace('team "Office"', 'team "Back office"')
    assert 'Team "Office" renamed to "Back office" since you began' in html.unescape(checked.text)
    assert 'name="based_on" value="2"' in checked.text
    answer = await marta.post("/rules/publish", "/rules/edit", text=FASTER, reason="faster", based_on="1")
    assert answer.status_code == 303
    async with office.engine.connect() as conn:
        current, running = await current_published(conn), await running_rollout(conn)
    assert current is not None
    assert running is None
    assert (current.number, current.text) == (3, FASTER.replace('team "Office"', 'team "Back office"'))


async def test_a_renaming_hides_nobody_elses_version(office: Office) -> None:
    ada, marta = await office.browser("Ada Admin"), await office.browser("Marta Manager")
    await ada.post("/rules/publish", "/rules/edit", text=FASTER, reason="faster", based_on="1")
    await rename_office(office, ada)
    mine = RULES.replace("at most 5 calls", "at most 6 calls")
    answer = await marta.post("/rules/publish", "/rules/edit", text=mine, reason="one more", based_on="1")
    assert answer.status_code == 409
    assert typed(answer) == mine.replace('team "Office"', 'team "Back office"')
