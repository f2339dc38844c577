"""Backtests: the result in a sentence, who moves to whom, and the draft kept; without scripts too."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range

from database.stores.backtest.read import run_backtest
from database.stores.directory.read import read_directory
from database.tables.directory import directory_snapshot, person, team, title
from database.tables.escalation import escalation
from database.tables.schedule import day_change, time_off
from domain.backtest.history import ChangeKind
from domain.escalation import Mode
from rules_dsl import draft_rules
from tests.web.office import RULES, Office, office
from tests.web.rules.past import escalated, office_morning

__all__ = ["office"]

TO_ADVISORS = RULES.replace('send to team "Office"', 'send to team "Support", title "Advisor"')
REFUSING = RULES.replace('send to team "Office"', 'no call, say "Write to the office."')


@pytest.fixture
async def past(office: Office) -> Office:
    """Three escalations about bills and one about a sail in the last four weeks, and one about a bill before."""
    for number in range(3):
        await escalated(office.engine, number, office_morning(2 + number), {"product area": "billing"})
    await escalated(office.engine, 7, office_morning(6), {"product area": "sails"}, mode=Mode.BOOKING)
    await escalated(office.engine, 8, office_morning(20), {"product area": "billing"})
    return office


def calls_a_week(calls: int) -> str:
    """Calls a week, if so many are spread over the weeks since the first escalation of the last four weeks."""
    return f"{calls * timedelta(weeks=1) / (datetime.now(UTC) - office_morning(6)):.1f}"


async def shown(office: Office, text: str, *, part: bool = True, status: int = 200, **fields: str) -> str:
    manager = await office.browser("Marta Manager")
    if part:
        manager.client.headers["HX-Request"] = "true"
    answer = await manager.post("/rules/past", "/rules/edit", text=text, **fields)
    assert answer.status_code == status, answer.text
    found = html.unescape(answer.text)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found)) if part else found


async def test_a_sentence_says_what_would_have_moved(past: Office) -> None:
    before = calls_a_week(3)
    result = await shown(past, TO_ADVISORS)
    rate = "|".join(map(re.escape, {before, calls_a_week(3)}))
    assert re.search(f"Of 4 escalations, 3 would have gone elsewhere; Advisor: ({rate}) more calls a week", result)
    assert 'team "Office" rule “Invoices” team "Support", title "Advisor" rule “Invoices” 3' in result
    assert "Ticket 0" in result
    assert "Ticket 7" not in result
    assert "1 unchanged" in result
    longer = await shown(past, TO_ADVISORS, weeks="12")
    assert "Of 5 escalations, 4 would have gone elsewhere" in longer


async def test_the_same_rules_move_nothing(past: Office) -> None:
    result = await shown(past, RULES)
    assert "Of 4 escalations, all would have gone where they go now." in result
    assert "Escalations that would go elsewhere" not in result
    assert "4 unchanged" in result


async def test_newly_refused_calls_are_reported(past: Office) -> None:
    result = await shown(past, REFUSING)
    assert "3 would have been refused a call that they got." in result
    assert "no call: Write to the office." in result


async def test_a_draft_with_a_gap_is_tried_anyway(past: Office) -> None:
    head, _, rest = RULES.partition("\notherwise\n")
    gap = head + "\nlimits\n" + rest.partition("\nlimits\n")[2]
    result = await shown(past, gap)
    assert "1 would have matched no rule." in result


async def test_examples_link_to_their_escalations(past: Office) -> None:
    page = await shown(past, TO_ADVISORS, part=False)
    addresses = re.findall(r'href="(/ops/[0-9a-f-]{36})"', page)
    assert len(addresses) == 3
    manager = await past.browser("Marta Manager")
    for address in addresses:
        await manager.get(address)


async def test_without_scripts_the_backtest_is_a_page_with_a_way_back(past: Office) -> None:
    page = await shown(past, TO_ADVISORS + "# mine\n", part=False, reason="Advisors know", based_on="1", weeks="12")
    assert "<html" in page
    assert "Out of 5 escalations" in page
    assert "# mine" in page
    assert 'formaction="/rules/check"' in page
    assert 'name="reason" value="Advisors know"' in page
    assert re.search(r'value="12" aria-pressed="true"', page)


async def test_a_draft_with_errors_is_not_tried(past: Office) -> None:
    wrong = RULES.replace('send to team "Office"', 'send to "Anna Schmidt"')
    assert "Not tried: the rules have errors." in await shown(past, wrong)
    page = await shown(past, wrong, part=False, status=422)
    assert "never a person" in page
    assert 'send to "Anna Schmidt"' in page


async def test_without_a_past_the_page_stays_calm(office: Office) -> None:
    result = await shown(office, TO_ADVISORS)
    assert "Nothing was escalated in the last 4 weeks" in result


async def test_people_are_counted_in_the_team_of_that_time(past: Office) -> None:
    async with past.engine.begin() as conn:
        ids = {row.name: row.id for row in await conn.execute(select(team.c.name, team.c.id))}
        titles = {row.name: row.id for row in await conn.execute(select(title.c.name, title.c.id))}
        await conn.execute(
            person.update()
            .where(person.c.name == "Ines Costa")
            .values(team=ids["Support"], title=titles["Marine Engineer"])
        )
    await escalated(past.engine, 9, office_morning(1), {"product area": "billing"})
    async with past.engine.connect() as conn:
        directory = await read_directory(conn)
        snapshots = (await conn.execute(select(directory_snapshot.c.hash))).scalars().all()
        opened = (await conn.execute(select(escalation.c.directory))).scalars().all()
        current, draft = draft_rules(RULES, directory), draft_rules(TO_ADVISORS, directory)
        assert current is not None
        assert draft is not None
        tried = await run_backtest(conn, current, draft, directory, 4, datetime.now(UTC))
    assert len(snapshots) == 2
    assert set(opened) == set(snapshots)
    # The office's bookkeeper had three calls; on the fourth nobody was in the office, and support had it.
    calls = {load.id: load.calls for load in tried.comparison.before.titles}
    assert calls[titles["Bookkeeper"]] == 3
    assert tried.comparison.before.called == 5
    assert tried.comparison.changes[ChangeKind.ELSEWHERE] == 4


async def test_days_off_and_time_off_count_and_the_page_says_what_does_not(past: Office) -> None:
    """The bookkeeper was ill on the day of one bill, and had another day off: then nobody was in the office."""
    async with past.engine.begin() as conn:
        ines = (await conn.execute(select(person.c.id).where(person.c.name == "Ines Costa"))).scalar_one()
        ill = Range(office_morning(2) - timedelta(hours=1), office_morning(2) + timedelta(hours=1))
        row = {"person": ines, "kind": "sick", "during": ill, "said_by": "test", "at": office_morning(2)}
        await conn.execute(time_off.insert().values(row))
        off = {"person": ines, "day": office_morning(6).date(), "kind": "off", "start_minute": 0, "end_minute": 0}
        await conn.execute(day_change.insert().values(off | {"time_zone": "Europe/Copenhagen"}))
    await escalated(past.engine, 9, office_morning(6), {"product area": "billing"})
    async with past.engine.connect() as conn:
        directory = await read_directory(conn)
        titles = {one.id: one.name for one in directory.titles}
        current = draft_rules(RULES, directory)
        assert current is not None
        tried = await run_backtest(conn, current, current, directory, 4, datetime.now(UTC))
    # The bookkeeper's are the bills of other days; the office's steps give the others to whoever is there.
    calls = {titles[load.id]: load.calls for load in tried.comparison.before.titles}
    assert calls["Bookkeeper"] == 2
    assert tried.comparison.before.called + tried.comparison.before.nobody == 5
    result = await shown(past, TO_ADVISORS)
    assert "minus days off, holidays, time off and time kept free, as recorded today" in result
    assert "Past calendar meetings are not stored" in result


async def test_escalations_from_before_the_snapshots_are_tried_with_todays_directory(past: Office) -> None:
    async with past.engine.begin() as conn:
        await conn.execute(escalation.update().values(directory=None))
    result = await shown(past, TO_ADVISORS)
    assert "4 were opened before the directory was recorded, so today’s directory is used for them." in result
    assert "Of 4 escalations, 3 would have gone elsewhere" in result


async def test_escalations_opened_under_other_rules_are_reported(past: Office) -> None:
    manager = await past.browser("Marta Manager")
    other = TO_ADVISORS.partition("\nexpect ")[0]
    answer = await manager.post("/rules/publish", "/rules/edit", text=other, reason="try", based_on="1")
    assert answer.status_code == 303
    result = await shown(past, RULES)
    assert "4 were opened under other rules, so both texts decide them again" in result
    assert "Of 4 escalations, 3 would have gone elsewhere; " in result


async def test_a_span_is_no_longer_than_its_history(past: Office) -> None:
    """Calls of five or six weeks are not averaged over twelve."""
    async with past.engine.connect() as conn:
        directory = await read_directory(conn)
        current = draft_rules(RULES, directory)
        assert current is not None
        now = datetime.now(UTC)
        tried = await run_backtest(conn, current, current, directory, 12, now)
    assert tried.weeks == pytest.approx((now - office_morning(20)) / timedelta(weeks=1))
