"""The directory's pages: renaming with the rules, deleting what is unused, finding people."""

from __future__ import annotations

import asyncio
import html
from datetime import UTC, datetime

import httpx
from sqlalchemy import insert, select, update

from database.stores.directory.read import read_directory
from database.stores.escalations.open import open_or_refuse
from database.stores.rules.rollouts import rules_for_opening, running_rollout
from database.stores.rules.versions import current_published, publish, published_number, published_versions
from database.tables.account import audit_entry, session
from database.tables.booking import pool_agent
from database.tables.directory import person, person_skill, shift, skill, team, title
from database.tables.escalation import escalation
from domain.escalation import Customer, Mode, Opening, Ticket
from domain.ids import Tokens
from rules_dsl import compare_rules, compile_rules
from rules_dsl.analysis.rename import same_decisions
from tests.web.forms import form_to
from tests.web.office import RULES, Browser, Office, office

__all__ = ["office"]

NOW = datetime.now(UTC)
FASTER = RULES.replace("if nobody in 3 minutes", "if nobody in 2 minutes")


async def number_of(office: Office, table: object, name: str) -> int:
    async with office.engine.connect() as conn:
        found: int = (await conn.execute(select(table.c.id).where(table.c.name == name))).scalar_one()  # type: ignore[attr-defined]
    return found


async def rename(office: Office, manager: Browser, kind: str, was: str, becomes: str) -> int:
    number = await number_of(office, {"teams": team, "titles": title, "skills": skill}[kind], was)
    address = f"/directory/{kind}/{number}"
    return (await manager.post(f"{address}/rename", address, name=becomes, seen=was)).status_code


async def open_one(office: Office, customer: str = "mira@olsen.example") -> str:
    facts = {"priority": "normal", "tags": [], "replies": 4, "reopened": False, "ticket age": 7200}
    ticket = Ticket("zendesk", customer, "https://desk.example/1", "Engine stops", facts)
    opening = Opening(ticket, Customer("Mira", customer), Mode.BOOKING, "api:test")
    return (
        await open_or_refuse(office.engine, opening, Tokens(b"a secret of thirty-two characters"), NOW)
    ).escalation_id


async def test_renaming_a_team_rewrites_the_rules(office: Office) -> None:
    async with office.engine.connect() as conn:
        before = compile_rules(RULES, await read_directory(conn))
    manager = await office.browser("Marta Manager")
    assert await rename(office, manager, "teams", "Office", "Back office") == 303
    async with office.engine.connect() as conn:
        standing, directory = await current_published(conn), await read_directory(conn)
        noted = (await conn.execute(select(audit_entry.c.action, audit_entry.c.subject))).all()
    assert standing is not None
    assert standing.number == 2
    assert (standing.author, standing.reason) == ("Marta Manager", 'Team "Office" renamed to "Back office"')
    assert standing.text == RULES.replace('team "Office"', 'team "Back office"')
    after = compile_rules(standing.text, directory)
    assert after.version == standing.version
    assert same_decisions(before, after)
    assert compare_rules(before, after).moves == ()
    assert ("renamed team", "Office") in [tuple(row) for row in noted]
    number = await number_of(office, team, "Back office")
    page = html.unescape(await manager.get(f"/directory/teams/{number}?said=renamed&versions=2"))
    assert "No decisions change" in page
    assert "version 2, line 24" in page


async def test_renaming_what_no_rule_names_publishes_no_version(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    assert await rename(office, manager, "skills", "sails", "sailmaking") == 303
    async with office.engine.connect() as conn:
        assert len(await published_versions(conn)) == 1


async def test_a_candidate_is_rewritten_with_the_current_rules(office: Office) -> None:
    async with office.engine.begin() as conn:
        await publish(conn, FASTER, "Marta Manager", "no long waits", 1, NOW, percent=30)
    manager = await office.browser("Marta Manager")
    await rename(office, manager, "teams", "Office", "Back office")
    async with office.engine.connect() as conn:
        running, standing = await running_rollout(conn), await current_published(conn)
        decided = await rules_for_opening(conn, "who@example.com")
    assert running is not None
    assert standing is not None
    assert (running.current.number, running.candidate.number, standing.number) == (3, 4, 3)
    assert running.candidate.text == FASTER.replace('team "Office"', 'team "Back office"')
    assert decided.rollout == running.id
    address = f"/rules/stages/{running.id}"
    await manager.post(f"{address}/next", address, seen="30", to="100")
    async with office.engine.connect() as conn:
        standing = await current_published(conn)
    assert standing is not None
    assert standing.number == 4


async def test_going_back_keeps_current_names(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    await manager.post("/rules/publish", "/rules/edit", text=FASTER, reason="faster", based_on="1")
    await rename(office, manager, "teams", "Office", "Back office")
    await rename(office, manager, "teams", "Back office", "Bookkeeping")
    back = await manager.post("/rules/versions/1/publish", "/rules/versions/1", seen="4")
    assert back.status_code == 303
    async with office.engine.connect() as conn:
        version = await published_number(conn, 5)
    assert version is not None
    assert version.text == RULES.replace('team "Office"', 'team "Bookkeeping"')


async def test_a_skill_found_by_product_area_keeps_its_name(office: Office) -> None:
    async with office.engine.begin() as conn:
        await conn.execute(update(skill).where(skill.c.name == "sails").values(name="engine"))
        asking = RULES.replace(
            'otherwise\n  send to team "Support"',
            'otherwise\n  send to team "Support"\n  prefer skill of this product area',
        )
        await publish(conn, asking, "Marta Manager", "by area", 1, NOW)
    manager = await office.browser("Marta Manager")
    number = await number_of(office, skill, "engine")
    address = f"/directory/skills/{number}"
    refused = await manager.post(f"{address}/rename", address, name="motor", seen="engine")
    assert refused.status_code == 409
    assert "finds it by its name" in html.unescape(refused.text)
    deleted = await manager.post(f"{address}/delete", address, seen="engine")
    assert deleted.status_code == 409
    assert "prefer skill of this product area" in deleted.text


async def test_invalid_names_are_refused(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    address = f"/directory/teams/{await number_of(office, team, 'Office')}"
    for name, status, said in (
        ("Support", 409, "already"),
        ("support", 409, "already"),
        ('The "best"', 422, "quotation marks"),
        ("   ", 422, "is required"),
        ("x" * 81, 422, "at most 80"),
    ):
        answer = await manager.post(f"{address}/rename", address, name=name, seen="Office")
        assert (answer.status_code, said in html.unescape(answer.text)) == (status, True), name
        added = await manager.post("/directory/teams", "/directory/teams", name=name, mail="a@b.example")
        assert (added.status_code, said in html.unescape(added.text)) == (status, True), name


async def test_deleting_shows_the_lines_that_use_the_name(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    number = await number_of(office, team, "Office")
    address = f"/directory/teams/{number}"
    refused = await manager.post(f"{address}/delete", address, seen="Office")
    page = html.unescape(refused.text)
    assert refused.status_code == 409
    assert "desk.rules, version 1, line 24" in page
    assert 'send to team "Office"' in page
    assert "must be moved elsewhere first" in page
    less = RULES.replace('team "Office"', 'team "Support"')
    await manager.post("/rules/publish", "/rules/edit", text=less, reason="no office", based_on="1")
    support = await number_of(office, team, "Support")
    async with office.engine.begin() as conn:
        await conn.execute(update(person).where(person.c.team == number).values(team=support))
    assert "version 1 of the rules would require it" in html.unescape(await manager.get(address))
    gone = await manager.post(f"{address}/delete", address, seen="Office")
    assert gone.headers["location"] == "/directory/teams?said=deleted"
    await manager.get(address, 404)
    async with office.engine.connect() as conn:
        directory = await read_directory(conn)
    assert [one.name for one in directory.teams] == ["Support"]
    back = await manager.post("/rules/versions/1/publish", "/rules/versions/1", seen="2")
    assert (back.status_code, "unknown team `Office`" in html.unescape(back.text)) == (422, True)
    again = await manager.post("/directory/teams", "/directory/teams", name="Office", mail="new@office.example")
    assert again.status_code == 303, "the name is free again"


async def test_open_escalations_and_led_teams_keep_a_name(office: Office) -> None:
    await open_one(office)
    manager = await office.browser("Marta Manager")
    number = await number_of(office, team, "Support")
    assert "1 open escalation was planned with it" in await manager.get(f"/directory/teams/{number}")
    number = await number_of(office, title, "Marine Engineer")
    page = await manager.get(f"/directory/titles/{number}")
    assert "This title leads Support" in page
    async with office.engine.begin() as conn:
        await conn.execute(update(escalation).values(state="closed"))
    assert "open escalation" not in await manager.get(f"/directory/titles/{number}")


async def test_two_concurrent_renamings(office: Office) -> None:
    manager, admin = await office.browser("Marta Manager"), await office.browser("Ada Admin")
    answers = await asyncio.gather(
        rename(office, manager, "teams", "Office", "Back office"),
        rename(office, admin, "teams", "Office", "Front office"),
    )
    assert sorted(answers) == [303, 409]


async def save(browser: Browser, who: int, **fields: object) -> httpx.Response:
    """Opens a person's form and sends it with these changes."""
    address = f"/directory/people/{who}"
    seen = form_to(await browser.get(address), address).fields["seen"]
    return await browser.post(address, address, seen=seen, **fields)


async def test_openings_never_see_half_a_renaming(office: Office) -> None:
    manager = await office.browser("Marta Manager")

    async def renaming() -> None:
        for was, becomes in (("Support", "Helpers"), ("Helpers", "Support"), ("Support", "Helpers")):
            assert await rename(office, manager, "teams", was, becomes) == 303

    opened = asyncio.gather(*(open_one(office, f"c{place}@example.com") for place in range(25)))
    await asyncio.gather(renaming(), opened)
    assert len(set(opened.result())) == 25


async def test_a_person_is_added_found_and_moved(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    support, office_team = await number_of(office, team, "Support"), await number_of(office, team, "Office")
    advisor, diesel = await number_of(office, title, "Advisor"), await number_of(office, skill, "diesel")
    escalation_id = await open_one(office)
    fields = {"name": "Nia Berg", "email": "nia@harborboats.example", "team": str(support), "title": str(advisor)}
    fields |= {"languages": "Danish, english", f"skill-{diesel}": "4"}
    made = await manager.post("/directory/people/new", "/directory/people/new", **fields)
    assert made.status_code == 303
    who = int(made.headers["location"].split("/")[3].split("?")[0])
    page = await manager.get(f"/directory?q=nia+harborboats&team={support}&skill={diesel}")
    assert "Nia Berg" in page
    assert "1 person" in page
    assert "danish, english" in page
    assert "Nia Berg" not in await manager.get(f"/directory?q=nia&team={office_team}")
    assert "Nia Berg" not in await manager.get("/directory?q=n%25a")

    async def in_pool() -> bool:
        async with office.engine.connect() as conn:
            pool = (await conn.execute(select(escalation.c.pool).where(escalation.c.id == escalation_id))).scalar_one()
            query = select(pool_agent).where(pool_agent.c.pool == pool, pool_agent.c.person == who)
            return (await conn.execute(query)).first() is not None

    assert await in_pool()
    tried = await save(manager, who, **fields | {"team": str(office_team), "trying": "yes"})
    assert "Nothing is saved yet" in tried.text
    assert await in_pool()
    moved = await save(manager, who, **fields | {"team": str(office_team)})
    assert moved.status_code == 303
    assert not await in_pool()
    async with office.engine.connect() as conn:
        kept = (await conn.execute(select(person_skill).where(person_skill.c.person == who))).all()
        told = (
            await conn.execute(select(audit_entry.c.body).where(audit_entry.c.action == "changed person"))
        ).scalar_one()
    assert [(row.skill, row.level) for row in kept] == [(diesel, 4)]
    assert told == {"team": "Support → Office"}


async def test_a_deactivated_person_is_out_of_everything(office: Office) -> None:
    escalation_id = await open_one(office)
    admin, anna = await office.browser("Ada Admin"), await office.browser("Anna Schmidt")
    who = office.people["Anna Schmidt"]
    address = f"/directory/people/{who}"
    async with office.engine.connect() as conn:
        row = (await conn.execute(select(person).where(person.c.id == who))).one()
        assert (await conn.execute(select(shift).where(shift.c.person == who))).first() is not None
    fields = {"name": row.name, "email": row.email, "team": row.team, "title": row.title, "role": "agent"}
    await anna.get("/desk")
    gone = await save(admin, who, **fields, active="no")
    assert gone.status_code == 303, gone.text
    await anna.get("/desk", 303)
    async with office.engine.connect() as conn:
        assert (await conn.execute(select(session).where(session.c.person == who))).first() is None
        assert (
            await conn.execute(select(shift).where(shift.c.person == who, shift.c.during.contains(NOW)))
        ).first() is None
        assert (await conn.execute(select(pool_agent).where(pool_agent.c.person == who))).first() is None
        assert who not in [one.id for one in (await read_directory(conn)).people]
    assert "Anna Schmidt" in await admin.get("/directory?gone=yes")
    assert "has left" in await admin.get(address)
    back = await save(admin, who, **fields, active="yes")
    assert back.status_code == 303
    async with office.engine.connect() as conn:
        assert (await conn.execute(select(pool_agent).where(pool_agent.c.person == who))).first() is not None
    assert escalation_id


async def test_what_a_manager_may_not_change(office: Office) -> None:
    manager, admin = await office.browser("Marta Manager"), await office.browser("Ada Admin")
    ada = office.people["Ada Admin"]
    fields = {"name": "Ada Admin", "email": "mine@example.com", "role": "admin"}
    refused = await save(manager, ada, **fields)
    assert refused.status_code == 403
    assert "Only an administrator changes people" in refused.text
    for change in ({"active": "no"}, {"role": "manager"}):
        answer = await save(admin, ada, **fields | change)
        assert answer.status_code == 403
    anna = office.people["Anna Schmidt"]
    assert (await save(manager, anna, **fields | {"name": "Anna"})).status_code == 303
    async with office.engine.connect() as conn:
        roles = (await conn.execute(select(person.c.roles).where(person.c.id == anna))).scalar_one()
    assert roles == ["agent"]


async def test_concurrent_changes_of_a_person_never_overwrite_each_other_unseen(office: Office) -> None:
    manager, admin = await office.browser("Marta Manager"), await office.browser("Ada Admin")
    who = office.people["Anna Schmidt"]
    address = f"/directory/people/{who}"
    stale = form_to(await manager.get(address), address).fields["seen"]
    async with office.engine.connect() as conn:
        row = (await conn.execute(select(person).where(person.c.id == who))).one()
    fields = {"name": row.name, "email": row.email, "team": str(row.team), "title": str(row.title)}
    assert (await save(admin, who, **fields | {"role": ["agent", "ops"]})).status_code == 303
    async with office.engine.begin() as conn:
        await conn.execute(update(person).where(person.c.id == who).values(roles=["agent"], languages=["finnish"]))
    refused = await manager.post(address, address, **fields | {"name": "Anna Berg", "seen": stale})
    page = html.unescape(refused.text)
    assert refused.status_code == 409
    assert "Somebody else has changed Anna Schmidt since you opened this page" in page
    assert 'value="Anna Berg"' in page
    assert "in name, languages" in page
    again = await manager.post(
        address, address, **form_to(refused.text, address).fields | fields | {"name": "Anna Berg"}
    )
    assert again.status_code == 303
    async with office.engine.connect() as conn:
        names = (await conn.execute(select(person.c.name, person.c.roles).where(person.c.id == who))).one()
    assert tuple(names) == ("Anna Berg", ["agent"])


async def test_an_invalid_card_keeps_what_was_typed(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    support, advisor = await number_of(office, team, "Support"), await number_of(office, title, "Advisor")
    async with office.engine.connect() as conn:
        taken = (await conn.execute(select(person.c.email).where(person.c.name == "Anna Schmidt"))).scalar_one()
    fields = {"name": "Nia Berg", "email": "nia@harborboats.example", "team": str(support), "title": str(advisor)}
    for change, said in (
        ({"name": " "}, "A name is required"),
        ({"email": "nobody"}, "A mail address"),
        ({"email": taken.upper()}, "has this address already"),
        ({"title": ""}, "Choose a title, too"),
        ({"team": "9999"}, "deleted meanwhile"),
        ({"languages": "german, 7"}, "is not a language"),
    ):
        answer = await manager.post("/directory/people/new", "/directory/people/new", **fields | change)
        page = html.unescape(answer.text)
        assert (answer.status_code, said in page) == (422, True), change
        assert "Nia Berg" in page or "name" in change


async def test_two_thousand_people_page_and_search(office: Office) -> None:
    rows = [
        {"name": f"Person {place:04}", "email": f"p{place}@many.example", "roles": ["agent"], "active": True}
        for place in range(2000)
    ]
    async with office.engine.begin() as conn:
        await conn.execute(insert(person), rows)
    manager = await office.browser("Marta Manager")
    page = await manager.get("/directory")
    assert "page 1 of 41" in page
    assert page.count("/directory/people/") == 51
    assert "Person 1999" in await manager.get("/directory?skip=41")
    found = await manager.get("/directory?q=person+1999")
    assert "1 person" in found
    await manager.get("/directory?skip=99999&team=x&title=%2D1")
