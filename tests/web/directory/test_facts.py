"""Declared facts: defined by an administrator, filled in on escalation, used by rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from database.stores.directory.read import read_directory
from database.stores.rules.versions import current_published, publish
from database.stores.staff.fact_types import FactInUse, FactUnfit, FactUnknown, keep_fact, remove_fact
from database.stores.staff.seed import seed_directory
from database.tables.escalation import escalation
from rules_dsl.directory import Directory, FactType
from tests.web.office import EXAMPLES, RULES, Office, office, ticket

__all__ = ["office"]

CONTRACT = {
    "new": "true",
    "name": "contract plan",
    "kind": "choice",
    "values": "bronze\nsilver\ngold",
    "ordered": "true",
}
GOLD = '\nrule "Gold contracts"\n  when contract plan is gold\n  send to team "Office"\n'


async def declared(office: Office) -> dict[str, FactType]:
    async with office.engine.connect() as conn:
        return {fact.name: fact for fact in (await read_directory(conn)).facts}


async def with_gold_rule(office: Office) -> None:
    """Declares the fact "contract plan", and publishes a rule that uses it."""
    admin = await office.browser("Ada Admin")
    assert (await admin.post("/admin/facts", "/admin/facts", **CONTRACT)).status_code == 303
    text = RULES.replace("\nrule ", f"{GOLD}\nrule ", 1)
    async with office.engine.begin() as conn:
        await publish(conn, text, "Marta Manager", "gold first", 1, datetime.now(UTC))


async def kept(office: Office) -> list[tuple[dict[str, Any], str]]:
    async with office.engine.connect() as conn:
        rows = await conn.execute(select(escalation.c.facts, escalation.c.rule).order_by(escalation.c.opened_at))
        return [(dict(row.facts), row.rule) for row in rows]


async def test_an_administrator_declares_changes_and_removes(office: Office) -> None:
    admin = await office.browser("Ada Admin")
    assert (await admin.post("/admin/facts", "/admin/facts", **CONTRACT)).status_code == 303
    assert (await declared(office))["contract plan"] == FactType(
        "contract plan", "choice", ("bronze", "silver", "gold"), ordered=True
    )
    assert "Change “contract plan”" in await admin.get("/admin/facts?change=contract+plan")
    changed = {**CONTRACT, "values": "silver\ngold", "always_known": "true"}
    del changed["new"]
    assert (await admin.post("/admin/facts", "/admin/facts", **changed)).status_code == 303
    fact = (await declared(office))["contract plan"]
    assert (fact.values, fact.may_be_missing) == (("silver", "gold"), False)
    assert (await admin.post("/admin/facts/remove", "/admin/facts", name="contract plan")).status_code == 303
    assert "contract plan" not in await declared(office)
    manager = await office.browser("Marta Manager")
    await manager.get("/admin/facts", 403)


async def test_names_that_rules_could_not_use_are_refused_and_stay_in_the_form(office: Office) -> None:
    admin = await office.browser("Ada Admin")
    answer = await admin.post("/admin/facts", "/admin/facts", **{**CONTRACT, "values": "gold\nsilver or bronze"})
    assert answer.status_code == 422
    assert "and and or separate values" in answer.text
    assert "silver or bronze</textarea>" in answer.text
    twice = await admin.post("/admin/facts", "/admin/facts", **{**CONTRACT, "name": "Priority"})
    assert twice.status_code == 422
    assert "already" in twice.text


async def test_facts_in_published_rules_cannot_be_removed(office: Office) -> None:
    await with_gold_rule(office)
    admin = await office.browser("Ada Admin")
    answer = await admin.post("/admin/facts/remove", "/admin/facts", name="contract plan")
    assert answer.status_code == 409
    assert "<code>when contract plan is gold</code>" in answer.text
    fewer = {**CONTRACT, "values": "bronze\nsilver"}
    del fewer["new"]
    refused = await admin.post("/admin/facts", "/admin/facts", **fewer)
    assert refused.status_code == 409
    assert "gold is not a value of contract plan" in refused.text
    more = {**CONTRACT, "values": "bronze\nsilver\ngold\nplatinum"}
    del more["new"]
    assert (await admin.post("/admin/facts", "/admin/facts", **more)).status_code == 303
    assert (await declared(office))["contract plan"].values[-1] == "platinum"


async def test_the_desk_asks_for_a_declared_fact_and_decisions_use_it(office: Office) -> None:
    await with_gold_rule(office)
    agent = await office.browser("Anna Schmidt")
    assert 'name="fact.contract plan"' in await agent.get("/desk/escalate")
    form = {
        "ticket": "https://boats.zendesk.com/agent/tickets/9",
        "subject": "Mast",
        "name": "Mira",
        "email": "m@x.example",
    }
    wrong = await agent.post("/desk/escalate", "/desk/escalate", **form, **{"fact.contract plan": "gould"})
    assert wrong.status_code == 422
    assert "did you mean `gold`?" in wrong.text
    sent = await agent.post("/desk/escalate", "/desk/escalate", **form, **{"fact.contract plan": "gold"})
    assert sent.status_code == 303, sent.text
    assert await kept(office) == [({"contract plan": "gold"}, "Gold contracts")]


async def test_the_api_takes_declared_facts_and_names_each_wrong_one(office: Office) -> None:
    await with_gold_rule(office)
    async with office.program() as program:
        body = ticket(ticket__facts={"contract plan": "gould", "replies": "many", "botes": 1})
        answer = await program.post("/api/v1/escalations", json=body)
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == [
            "/ticket/facts/contract plan",
            "/ticket/facts/replies",
            "/ticket/facts/botes",
        ]
        opened = await program.post(
            "/api/v1/escalations", json=ticket(ticket__facts={"contract plan": "GOLD", "replies": "7"})
        )
        assert opened.status_code == 201, opened.text
    assert await kept(office) == [({"contract plan": "gold", "replies": 7}, "Gold contracts")]


async def test_seeding_again_keeps_what_the_desk_declared(office: Office) -> None:
    await with_gold_rule(office)
    directory = Directory.from_json(json.loads((EXAMPLES / "small_team.directory.json").read_text()))
    async with office.engine.begin() as conn:
        await seed_directory(conn, directory, (), datetime.now(UTC))
    assert list(await declared(office))[-1] == "contract plan"


async def test_unknown_and_unfit_facts_are_refused(office: Office) -> None:
    now = datetime.now(UTC)
    async with office.engine.begin() as conn:
        with pytest.raises(FactUnknown):
            await remove_fact(conn, "mast", "Ada", now)
        with pytest.raises(FactUnknown):
            await keep_fact(conn, FactType("mast", "count"), "Ada", now, new=False)
        with pytest.raises(FactUnfit):
            await keep_fact(conn, FactType("mast", "count", ("a",)), "Ada", now, new=True)
        standing = await current_published(conn)
        assert standing is not None
        with pytest.raises(FactInUse) as used:
            await remove_fact(conn, "product area", "Ada", now)
        assert used.value.lines
        assert all(one.text in standing.text for one in used.value.lines)
