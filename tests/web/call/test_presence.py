"""Whose page is in the call, and what becomes of a call whose agent's page is gone."""

from __future__ import annotations

import pytest

from tests.web.call.parties import parties
from tests.web.office import Office, office

__all__ = ["office"]


async def test_joining_from_both_pages_begins_the_call(office: Office) -> None:
    both = await parties(office)
    customer, agent = await both.page(office.app, "customer"), await both.page(office.app, "agent")
    assert (await customer.enter())["other"] == "unknown"
    told = await agent.enter()
    assert (told["other"], told["otherPage"], told["current"]) == ("here", customer.name, True)
    assert (await both.row())["state"] == "on_call"
    assert (await both.events())[-3:] == ["customer_joined", "agent_joined", "call_began"]
    assert (await customer.told())["otherPage"] == agent.name


async def test_a_page_that_has_not_joined_is_not_in_the_call(office: Office) -> None:
    both = await parties(office)
    customer = await both.page(office.app, "customer")
    assert (await customer.beat()).status_code == 409
    assert (await both.row())["customer_joined_at"] is None


async def test_the_newest_page_takes_over_and_the_older_is_told(office: Office) -> None:
    both = await parties(office)
    phone, laptop = await both.page(office.app, "customer"), await both.page(office.app, "customer")
    await phone.enter()
    await laptop.enter()
    assert (await phone.told())["current"] is False
    assert (await laptop.told())["current"] is True
    assert (await phone.post("leave")).status_code == 204
    agent = await both.page(office.app, "agent")
    assert (await agent.enter())["otherPage"] == laptop.name
    assert (await phone.enter())["current"] is True
    assert (await laptop.told())["current"] is False


@pytest.mark.parametrize(("left", "kind"), [(False, "agent_lost"), (True, "agent_left")])
async def test_an_agent_whose_page_is_gone_is_called_back_without_a_press(
    office: Office, left: bool, kind: str
) -> None:
    both = await parties(office)
    customer, agent = await both.page(office.app, "customer"), await both.page(office.app, "agent")
    await customer.enter()
    await agent.enter()
    if left:
        await agent.post("leave")
    assert (await customer.told())["other"] == "here", "it may have been reloaded"
    await both.passes(7, "agent")
    await both.stays(7, "customer")
    assert (await customer.told())["other"] == ("left" if left else "lost")
    assert (await both.row())["alone_at"] is not None
    assert (await customer.told())["other"] == ("left" if left else "lost")
    assert (await both.events()).count(kind) == 1
    assert (await agent.told())["other"] == "here"
    assert (await both.row())["alone_at"] is None, "the agent is back"
    assert (await both.events())[-1] == "agent_returned"
    assert (await customer.told())["other"] == "here"


async def test_nobody_is_lost_while_the_own_page_was_not_heard_either(office: Office) -> None:
    both = await parties(office)
    customer, agent = await both.page(office.app, "customer"), await both.page(office.app, "agent")
    await customer.enter()
    await agent.enter()
    await both.passes(20, "agent", "customer")
    assert (await customer.told())["other"] == "unknown"
    assert (await both.row())["alone_at"] is None
    assert (await agent.told())["other"] == "here"


async def test_nobody_is_lost_whose_voice_arrives(office: Office) -> None:
    both = await parties(office)
    customer, agent = await both.page(office.app, "customer"), await both.page(office.app, "agent")
    await customer.enter()
    await agent.enter()
    await both.passes(60, "agent")
    await both.stays(60, "customer")
    assert (await customer.beat(hears="yes")).json()["other"] == "here"
    assert (await both.row())["alone_at"] is None


async def test_after_a_crash_of_the_database_nothing_is_known_and_nobody_lost(office: Office) -> None:
    both = await parties(office)
    customer, agent = await both.page(office.app, "customer"), await both.page(office.app, "agent")
    await customer.enter()
    await agent.enter()
    await both.stays(60, "customer")
    await both.mira.run("TRUNCATE call_peer, call_signal")
    assert (await customer.told())["other"] == "unknown"
    assert (await both.row())["alone_at"] is None
    assert (await agent.told())["otherPage"] == customer.name


async def test_a_report_by_the_customer_outlasts_the_beats_of_the_agents_page(office: Office) -> None:
    both = await parties(office)
    customer, agent = await both.page(office.app, "customer"), await both.page(office.app, "agent")
    await customer.enter()
    await agent.enter()
    await both.mira.run("UPDATE call SET alone_at = now() - interval '1 second'")
    await agent.told()
    assert (await both.row())["alone_at"] is not None
    await agent.enter()
    assert (await both.row())["alone_at"] is None, "joining again answers it"


async def test_a_lost_customer_is_told_to_the_agent_and_loses_nothing(office: Office) -> None:
    both = await parties(office)
    customer, agent = await both.page(office.app, "customer"), await both.page(office.app, "agent")
    await customer.enter()
    await agent.enter()
    await both.passes(130, "customer")
    await both.stays(130, "agent")
    assert (await agent.told())["other"] == "lost"
    assert (await both.events())[-1] == "customer_lost"
    assert (await both.row())["state"] == "on_call"
    assert (await customer.told())["other"] == "here"
    assert (await both.events())[-1] == "customer_returned"


async def test_a_line_that_breaks_for_ever_fills_no_timeline(office: Office) -> None:
    both = await parties(office)
    customer, agent = await both.page(office.app, "customer"), await both.page(office.app, "agent")
    await customer.enter()
    await agent.enter()
    for _ in range(14):
        await both.passes(7, "agent")
        await both.stays(7, "customer")
        assert (await customer.told())["other"] == "lost"
        await agent.told()
    assert (await both.events()).count("agent_lost") == 10


async def test_ending_the_call_ends_it_for_both_and_leaves_no_signal(office: Office) -> None:
    both = await parties(office)
    customer, agent = await both.page(office.app, "customer"), await both.page(office.app, "agent")
    await customer.enter()
    await agent.enter()
    assert (await customer.post("leave", end="yes")).status_code == 204
    assert (await both.row())["state"] == "on_call", "a customer only leaves"
    await customer.enter()
    assert (await agent.post("leave", end="yes")).status_code == 204
    assert (await both.row())["state"] == "wrapping_up"
    assert (await customer.told())["over"] is True
    assert (await customer.post("leave")).status_code == 204
    async with office.engine.connect() as conn:
        assert (await conn.exec_driver_sql("SELECT count(*) FROM call_peer")).scalar_one() == 0


async def test_the_next_agent_begins_with_a_clean_slate(office: Office) -> None:
    both = await parties(office)
    customer, agent = await both.page(office.app, "customer"), await both.page(office.app, "agent")
    await customer.enter()
    await agent.enter()
    await both.mira.run(f"UPDATE call SET person = {office.people['Lukas Weber']}")
    assert (await agent.told())["over"] is True, "the call is somebody else's"
    assert (await agent.beat(enter="yes")).json()["over"] is True
