"""The rules pages: errors are never published, drafts are never lost, going back takes one click."""

from __future__ import annotations

import html

import httpx
import pytest
from sqlalchemy import select

from database.stores.directory.read import read_directory
from database.stores.journal.timeline import database_now
from database.stores.rules.versions import (
    RulesMoved,
    RulesOutdated,
    current_published,
    current_ruleset,
    publish,
    published_versions,
)
from database.tables.account import audit_entry
from database.tables.directory import desk, team
from tests.web.office import RULES, Office, office
from web.rules.difference import DiffRow, difference

__all__ = ["office"]

SHORTER = RULES.replace("if nobody in 3 minutes", "if nobody in 2 minutes")
WRONG = RULES.replace('send to team "Office"', 'send to "Anna Schmidt"')


def typed(answer: httpx.Response) -> str:
    """The editor's text."""
    return html.unescape(
        answer.text.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]
    ).removeprefix("\n")


async def test_a_version_is_published_with_its_reason(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    answer = await manager.post("/rules/publish", "/rules/edit", text=SHORTER, reason="no long waits", based_on="1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/rules?said=published")
    page = await manager.get("/rules?said=published")
    assert "Version 2, by Marta Manager" in page
    assert "no long waits" in page
    async with office.engine.connect() as conn:
        current, directory = await current_published(conn), await read_directory(conn)
        compiled = await current_ruleset(conn, directory)
        version = (await conn.execute(select(desk.c.ruleset))).scalar_one()
        noted = (await conn.execute(select(audit_entry.c.subject))).scalars().all()
    assert current is not None
    assert compiled is not None
    assert current.version == compiled.version == version
    assert noted == ["version 1", "version 2"]


async def test_browsers_line_ends_change_nothing(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    text = RULES.replace("\n", "\r\n")
    answer = await manager.post("/rules/publish", "/rules/edit", text=text, reason="again", based_on="1")
    assert answer.headers["location"] == "/rules?said=unchanged"


async def test_errors_refuse_publishing_and_the_draft_stays(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    answer = await manager.post("/rules/publish", "/rules/edit", text=WRONG, reason="Anna knows", based_on="1")
    assert answer.status_code == 422
    assert typed(answer) == WRONG
    assert 'value="Anna knows"' in answer.text
    assert "never a person" in answer.text
    assert "Go to line 24" in answer.text
    async with office.engine.connect() as conn:
        assert len(await published_versions(conn)) == 1


async def test_a_reason_is_required(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    answer = await manager.post("/rules/publish", "/rules/edit", text=SHORTER, reason="  ", based_on="1")
    assert answer.status_code == 422
    assert 'aria-describedby="reason-wrong"' in answer.text
    assert typed(answer) == SHORTER


async def test_checking_publishes_nothing(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    full_page = await manager.post("/rules/check", "/rules/edit", text=WRONG, based_on="1", reason="because")
    assert typed(full_page) == WRONG
    assert 'id="line-24" class="bad"' in full_page.text
    manager.client.headers["HX-Request"] = "true"
    part = await manager.post("/rules/check", "/rules/edit", text=WRONG)
    assert "<html" not in part.text
    assert "/rules/messages/R202" in part.text
    fine = await manager.post("/rules/check", "/rules/edit", text=RULES)
    assert "These rules can be published" in fine.text


async def test_a_newer_version_is_not_overwritten_unseen(office: Office) -> None:
    ada, marta = await office.browser("Ada Admin"), await office.browser("Marta Manager")
    await ada.post("/rules/publish", "/rules/edit", text=SHORTER, reason="faster", based_on="1")
    mine = RULES.replace("at most 5 calls", "at most 6 calls")
    answer = await marta.post("/rules/publish", "/rules/edit", text=mine, reason="one more", based_on="1")
    assert answer.status_code == 409
    assert "Ada Admin published version 2" in html.unescape(answer.text)
    assert typed(answer) == mine
    assert 'name="based_on" value="2"' in answer.text
    again = await marta.post("/rules/publish", "/rules/edit", text=mine, reason="one more", based_on="2")
    assert again.status_code == 303


async def test_going_back_is_one_click(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    await manager.post("/rules/publish", "/rules/edit", text=SHORTER, reason="faster", based_on="1")
    assert "Go back to version 1" in await manager.get("/rules/versions/1")
    answer = await manager.post("/rules/versions/1/publish", "/rules/versions/1", seen="2")
    assert answer.status_code == 303
    async with office.engine.connect() as conn:
        versions = await published_versions(conn)
    assert [version.number for version in versions] == [3, 2, 1]
    assert versions[0].text == RULES
    assert versions[0].version == versions[2].version
    assert versions[0].reason == "Back to version 1"


async def test_versions_are_compared(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    await manager.post("/rules/publish", "/rules/edit", text=SHORTER, reason="faster", based_on="1")
    page = await manager.get("/rules/compare?from=1&to=2")
    assert page.count('class="added"') == page.count('class="removed"') == 1
    await manager.get("/rules/compare?from=1&to=9", 404)
    await manager.get("/rules/versions/9", 404)
    assert "What it changed" in await manager.get("/rules/versions")


async def test_a_comparison_says_what_changes_for_whom(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    hours = '  when outside hours "office"\n'
    assert hours in RULES
    less = RULES.replace(hours, f"{hours}  unless priority is urgent\n")
    part = html.unescape((await manager.post("/rules/check", "/rules/edit", text=less)).text)
    assert "What changes for whom" in part
    assert 'From rule "Outside opening hours" (booking only, team "Support") to `otherwise` (team "Support")' in part
    assert 'and outside hours "office"' in part
    unchanged = await manager.post("/rules/check", "/rules/edit", text=RULES)
    assert "What changes for whom" not in unchanged.text
    wrong = await manager.post("/rules/check", "/rules/edit", text=WRONG)
    assert "What changes for whom" not in wrong.text
    unexplained = await manager.post("/rules/publish", "/rules/edit", text=less, reason="", based_on="1")
    assert "What changes for whom" in unexplained.text
    await manager.post("/rules/publish", "/rules/edit", text=less, reason="fewer", based_on="1")
    page = html.unescape(await manager.get("/rules/compare?from=1&to=2"))
    assert page.index("What changes for whom") < page.index("The text</h2>") < page.index('class="added"')
    commented = await manager.post(
        "/rules/check", "/rules/edit", text=less.replace("rules for", "# calm\nrules for", 1)
    )
    assert "every escalation is treated as before" in commented.text


async def test_a_comparison_without_a_meaning_shows_the_text(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    await manager.post("/rules/publish", "/rules/edit", text=SHORTER, reason="faster", based_on="1")
    page = await manager.get("/rules/compare?from=1&to=2")
    assert "No escalation moves to another rule" in page
    async with office.engine.begin() as conn:
        await conn.execute(team.update().where(team.c.name == "Office").values(name="Back office"))
    page = await manager.get("/rules/compare?from=1&to=2")
    assert "What changes for whom" not in page
    assert 'class="added"' in page


async def test_rules_that_no_longer_fit_the_directory_say_so(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    await manager.post("/rules/publish", "/rules/edit", text=SHORTER, reason="faster", based_on="1")
    async with office.engine.begin() as conn:
        await conn.execute(team.update().where(team.c.name == "Office").values(name="Back office"))
    async with office.engine.connect() as conn:
        with pytest.raises(RulesOutdated, match="Office"):
            await current_ruleset(conn, await read_directory(conn))
    assert "no longer fit it" in await manager.get("/rules")
    answer = await manager.post("/rules/versions/1/publish", "/rules/edit", seen="2")
    assert answer.status_code == 422
    assert "no longer fits it" in answer.text


async def test_the_first_version_needs_no_base(office: Office) -> None:
    async with office.engine.begin() as conn:
        now = await database_now(conn, None)
        with pytest.raises(RulesMoved):
            await publish(conn, SHORTER, "Ada", "why", None, now)


def test_a_difference_shows_the_lines_around_it() -> None:
    before = "\n".join(str(line) for line in range(20))
    rows = difference(before, before.replace("9", "nine").replace("19", "1nine"))
    assert DiffRow("removed", "9") in rows
    assert DiffRow("added", "nine") in rows
    assert rows[0] == DiffRow("skipped", "… 6 unchanged lines")
    assert difference(before, before) == []
