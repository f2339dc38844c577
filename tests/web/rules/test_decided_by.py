"""An escalation's page names the version that decided it: number, reason and rollout step."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from database.stores.rules.decided_by import DecidedBy, InRollout, decided_by
from database.stores.rules.rollouts import roll_back, running_rollout
from database.stores.rules.versions import publish
from database.tables.escalation import escalation
from database.tables.rollout import staged_escalation
from domain.rollout.steps import has_candidate
from tests.web.office import RULES, Office, office, ticket

__all__ = ["office"]

FASTER = RULES.replace("if nobody in 3 minutes", "if nobody in 2 minutes")
REASON = "Nobody should wait three minutes for somebody of the office who is at lunch, said the skippers"


async def publish_as(office: Office, text: str, reason: str, based_on: int, percent: int = 100) -> None:
    async with office.engine.begin() as conn:
        await publish(conn, text, "Marta Manager", reason, based_on, datetime.now(UTC), percent=percent)


async def opened(office: Office, number: str, mail: str = "mira@olsen.example") -> str:
    async with office.program() as program:
        answer = await program.post("/api/v1/escalations", json=ticket(number, customer__email=mail))
    found: str = answer.json()["id"]
    return found


def customers(rollout: int, percent: int) -> tuple[str, str]:
    """A customer of the candidate, and one of the current version."""
    mails = [f"skipper{number}@sea.example" for number in range(200)]
    return (
        next(mail for mail in mails if has_candidate(mail, rollout, percent)),
        next(mail for mail in mails if not has_candidate(mail, rollout, percent)),
    )


async def by(office: Office, one: str) -> DecidedBy | None:
    async with office.engine.connect() as conn:
        return await decided_by(conn, one)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", page)))


@pytest.fixture
async def in_rollout(office: Office) -> tuple[Office, int, str, str]:
    """An escalation decided by version 2 in its 30 % step, and one decided by the current version."""
    await publish_as(office, FASTER, REASON, 1, 30)
    async with office.engine.connect() as conn:
        running = await running_rollout(conn)
    assert running is not None
    candidate_customer, other_customer = customers(running.id, 30)
    return office, running.id, await opened(office, "1", candidate_customer), await opened(office, "2", other_customer)


async def test_without_a_rollout_it_is_the_current_version(office: Office) -> None:
    assert await by(office, await opened(office, "1")) == DecidedBy(1, "Marta Manager", "the first rules", None)


async def test_in_a_rollout_it_is_the_candidate_or_the_current_version(
    in_rollout: tuple[Office, int, str, str],
) -> None:
    office, rollout, by_candidate, by_current = in_rollout
    assert await by(office, by_candidate) == DecidedBy(2, "Marta Manager", REASON, InRollout(rollout, 30, 2, True))
    assert await by(office, by_current) == DecidedBy(
        1, "Marta Manager", "the first rules", InRollout(rollout, 30, 2, False)
    )


async def test_equal_rules_are_told_apart_by_the_time_of_opening(in_rollout: tuple[Office, int, str, str]) -> None:
    """Versions with the same meaning share a hash: one, the same with a comment, and the candidate published again."""
    office, rollout, by_candidate, by_current = in_rollout
    async with office.engine.begin() as conn:
        await roll_back(conn, rollout, "Marta Manager", "not yet", datetime.now(UTC))
    await publish_as(office, RULES + "# a remark\n", "a remark", 1)
    await publish_as(office, FASTER, "now for everybody", 3)
    last = await opened(office, "3")
    found = [await by(office, one) for one in (by_candidate, by_current, last)]
    assert [one.number for one in found if one] == [2, 1, 4]
    async with office.engine.connect() as conn:
        hashes = (await conn.execute(select(escalation.c.id, escalation.c.ruleset))).all()
    meaning = {row.id: row.ruleset for row in hashes}
    assert meaning[by_candidate] == meaning[last] != meaning[by_current]


async def test_a_clock_read_before_publishing_changes_nothing(office: Office) -> None:
    one = await opened(office, "1")
    async with office.engine.begin() as conn:
        early = datetime.now(UTC) - timedelta(hours=1)
        await conn.execute(escalation.update().values(opened_at=early))
    found = await by(office, one)
    assert found is not None
    assert found.number == 1


async def test_the_ops_page_links_version_and_rollout(in_rollout: tuple[Office, int, str, str]) -> None:
    office, rollout, by_candidate, by_current = in_rollout
    manager = await office.browser("Marta Manager")
    page = await manager.get(f"/ops/{by_candidate}")
    sentence = plain(page)
    assert "by version 2 of the rules (“Nobody should wait three minutes" in sentence
    assert "…”), in the 30 % rollout step; kept until the escalation ends." in sentence
    assert "said the skippers" not in page
    for address in ("/rules/versions/2", f"/rules/stages/{rollout}?share=30"):
        assert f'href="{address}"' in page
        assert "Nobody should wait" in await manager.get(address)
    beside = plain(await manager.get(f"/ops/{by_current}"))
    assert "by version 1 of the rules (“the first rules”), outside the 30 % rollout step of version 2; kept" in beside


async def test_people_who_may_not_read_rules_get_no_links_to_them(in_rollout: tuple[Office, int, str, str]) -> None:
    office, _, by_candidate, _ = in_rollout
    page = await (await office.browser("Otto Ops")).get(f"/ops/{by_candidate}")
    assert "…”), in the 30 % rollout step; kept" in plain(page)
    assert "/rules/" not in page


async def test_the_page_of_whoever_raised_it_says_the_same(in_rollout: tuple[Office, int, str, str]) -> None:
    office, _, by_candidate, _ = in_rollout
    agent = await (await office.browser("Miguel Torres")).get(f"/desk/escalations/{by_candidate}")
    assert "…”), in the 30 % rollout step." in plain(agent)
    assert "/rules/" not in agent
    manager = await (await office.browser("Marta Manager")).get(f"/desk/escalations/{by_candidate}")
    assert 'href="/rules/versions/2"' in manager


async def test_rules_that_were_never_published_are_named_by_their_hash(office: Office) -> None:
    one = await opened(office, "1")
    async with office.engine.begin() as conn:
        await conn.execute(staged_escalation.delete())
        await conn.execute(escalation.update().values(ruleset="f" * 64))
    assert await by(office, one) is None
    page = plain(await (await office.browser("Otto Ops")).get(f"/ops/{one}"))
    assert re.search(r"by rules [0-9a-f]{12}; kept until the escalation ends", page)
