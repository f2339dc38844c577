"""Escalating from the desk: one form, the link to paste, and refusals that keep the form."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from database.stores.rules.versions import publish
from database.tables.escalation import escalation
from tests.web.desk_floor import ME, Floor, floor
from tests.web.office import RULES, office

__all__ = ["floor", "office"]

TYPED = {
    "ticket": "https://harbor.zendesk.com/agent/tickets/123",
    "subject": "Mast creaks <loudly>",
    "name": "Ida Lund",
    "email": "ida@lund.example",
    "fact.priority": "high",
    "fact.tags": "vip, sails",
    "fact.replies": "7",
    "fact.reopened": "yes",
    "fact.ticket age": "3 days",
}
NO_CALLS = RULES.replace(
    'rule "Invoices"',
    'rule "Answered in the manual"\n  when product area is electronics\n'
    '  no call, say "The manual answers this."\n\nrule "Invoices"',
)


async def publish_rules(floor: Floor, text: str) -> None:
    async with floor.engine.begin() as conn:
        await publish(conn, text, "Marta Manager", "tried in a test", 1, datetime.now(UTC))


async def test_a_ticket_is_escalated_in_one_action(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    answer = await browser.post("/desk/escalate", "/desk/escalate", mode="booking", **TYPED)
    assert answer.status_code == 303
    raised = await browser.get(answer.headers["location"])
    assert re.search(r'value="http://127\.0\.0\.1:8700/c/[\w-]{43}"', raised)
    assert "Waiting for the customer to book" in raised
    assert "The call goes to team &#34;Support&#34;" in raised
    assert "Mast creaks &lt;loudly&gt;" in raised
    async with floor.engine.connect() as conn:
        row = (await conn.execute(select(escalation))).one()
    assert (row.ticket_system, row.ticket_id, row.opened_by) == ("zendesk", "123", f"person:{floor.people[ME]}")
    assert row.facts["tags"] == ["sails", "vip"]
    assert (row.facts["replies"], row.facts["reopened"], row.facts["ticket age"]) == (7, True, 3 * 86400)
    assert "Mast creaks" in await browser.get("/desk")


async def test_the_same_ticket_again_shows_its_escalation(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    first = await browser.post("/desk/escalate", "/desk/escalate", mode="booking", **TYPED)
    again = await browser.post("/desk/escalate", "/desk/escalate", mode="booking", **TYPED)
    assert again.headers["location"] == first.headers["location"] + "?again=1"
    shown = await browser.get(again.headers["location"])
    assert "This ticket was already escalated by you" in shown
    other = await floor.office.browser("Anna Schmidt")
    bare = await other.post("/desk/escalate", "/desk/escalate", mode="booking", **{**TYPED, "ticket": "#123"})
    assert bare.headers["location"] == again.headers["location"]
    assert "already escalated on" in await other.get(bare.headers["location"])
    async with floor.engine.connect() as conn:
        assert (await conn.execute(select(func.count()).select_from(escalation))).scalar_one() == 1


async def test_a_bare_number_is_refused_if_two_accounts_may_have_it(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    first = await browser.post("/desk/escalate", "/desk/escalate", mode="booking", **TYPED)
    elsewhere = {**TYPED, "ticket": "https://marina.zendesk.com/agent/tickets/123", "email": "pavel@novy.example"}
    second = await browser.post("/desk/escalate", "/desk/escalate", mode="booking", **elsewhere)
    assert second.headers["location"] not in (first.headers["location"], first.headers["location"] + "?again=1")
    bare = await browser.post("/desk/escalate", "/desk/escalate", mode="booking", **{**TYPED, "ticket": "#123"})
    assert bare.status_code == 422
    assert "Tickets come from several accounts here, and each may have a 123." in bare.text


async def test_a_call_now_starts_the_search_immediately(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    urgent = {**TYPED, "fact.product area": "engine", "fact.priority": "urgent"}
    answer = await browser.post("/desk/escalate", "/desk/escalate", mode="now", **urgent)
    raised = await browser.get(answer.headers["location"])
    assert "Finding a person" in raised
    assert "/c/" in raised


async def test_a_prefilled_address_fills_the_form_and_opens_nothing(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    form = await browser.get(
        "/desk/escalate?system=zendesk&ticket=123&subject=Mast+creaks&url=https://h.zendesk.com/agent/tickets/123"
        "&name=Ida+%22Lund%22&email=ida@lund.example&priority=high&unknown=x"
    )
    assert 'name="ticket" type="text" value="123"' in form
    assert 'value="Ida &#34;Lund&#34;"' in form
    assert "<option selected>high</option>" in form
    async with floor.engine.connect() as conn:
        assert (await conn.execute(select(func.count()).select_from(escalation))).scalar_one() == 0


async def test_a_refusal_names_its_rule_and_keeps_the_form(floor: Floor) -> None:
    await publish_rules(floor, NO_CALLS)
    browser = await floor.office.browser(ME)
    typed = {**TYPED, "fact.product area": "electronics"}
    answer = await browser.post("/desk/escalate", "/desk/escalate", mode="booking", **typed)
    assert answer.status_code == 422
    page = html.unescape(answer.text)
    assert 'Rule "Answered in the manual": The manual answers this.' in page
    for kept in ("Mast creaks <loudly>", "ida@lund.example", "vip, sails", "3 days"):
        assert f'value="{kept}"' in page
    assert "<option selected>electronics</option>" in page


async def test_a_rule_for_bookings_only_refuses_a_call_now(floor: Floor) -> None:
    await publish_rules(
        floor,
        NO_CALLS.replace('no call, say "The manual answers this."', 'send to team "Support"\n  offer booking only'),
    )
    browser = await floor.office.browser(ME)
    typed = {**TYPED, "fact.product area": "electronics"}
    answer = await browser.post("/desk/escalate", "/desk/escalate", mode="now", **typed)
    assert answer.status_code == 422
    assert "offers a booking only" in answer.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ticket": "what?!"}, "Paste the ticket’s address"),
        ({"subject": " "}, "Say in a few words"),
        ({"name": ""}, "Whom will we call?"),
        ({"email": "ida"}, "Please enter a mail address"),
        ({"fact.priority": "highest"}, "expected one of"),
        ({"fact.replies": "many"}, "expected a whole number"),
    ],
)
async def test_a_wrong_field_is_named_and_the_rest_kept(floor: Floor, wrong: dict[str, str], said: str) -> None:
    browser = await floor.office.browser(ME)
    answer = await browser.post("/desk/escalate", "/desk/escalate", mode="booking", **{**TYPED, **wrong})
    assert answer.status_code == 422
    page = html.unescape(answer.text).replace("'", "’")
    assert said in page
    assert 'aria-invalid="true"' in page
    kept = TYPED["email"] if "email" not in wrong else TYPED["name"]
    assert f'value="{kept}"' in page


async def test_without_rules_nothing_is_opened(floor: Floor) -> None:
    async with floor.engine.begin() as conn:
        await conn.exec_driver_sql("DELETE FROM ruleset")
    browser = await floor.office.browser(ME)
    answer = await browser.post("/desk/escalate", "/desk/escalate", mode="booking", **TYPED)
    assert answer.status_code == 409
    assert "No rules have been published yet" in answer.text


async def test_an_unknown_escalation_is_not_found(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    await browser.get("/desk/escalations/6b0fe0a5-9f0e-4f2b-8c4e-0f6a6a1c2d3e", 404)
