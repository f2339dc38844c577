"""What Zendesk may leave null, blank or odd doesn't keep a webhook from being understood."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from database.stores.access.webhooks import add_source
from database.stores.directory.read import read_directory
from database.tables.escalation import customer, escalation
from rules_dsl import read_facts
from tests.web.hooks.test_hooks import REQUESTER, SECRET, event, send, trigger, with_source
from tests.web.office import Office, office
from web.admin.source_fields import WordsUnfit, read_words
from web.hooks.commands import STATUSES, Opens, SourceWords
from web.hooks.leniently import moment_of
from web.hooks.zendesk_payload import read_payload

__all__ = ["office"]

HARBOR = "https://harbor.zendesk.com/agent/tickets/"
NUMBERS = itertools.count(5000)


async def deliver(office: Office, body: dict[str, Any]) -> dict[str, Any]:
    """The answer to a webhook that counts as a new one."""
    answer = await send(office, body, X_Zendesk_Webhook_Invocation_Id=f"i-{next(NUMBERS)}")
    assert answer.status_code == 200, answer.text
    answered: dict[str, Any] = answer.json()
    return answered


async def row_of(office: Office, escalation_id: str) -> Any:
    query = select(escalation, customer.c.name, customer.c.email, customer.c.time_zone, customer.c.phone).join(customer)
    async with office.engine.connect() as conn:
        return (await conn.execute(query.where(escalation.c.id == escalation_id))).one()


TICKET_ODDITIES: tuple[dict[str, Any], ...] = (
    {"url": "harbor.zendesk.com/agent/tickets/{n}"},
    {"url": None},
    {"url": ""},
    {"url": "no address"},
    {"subject": None},
    {"subject": ""},
    {"subject": "Two\r\nlines\u202e"},
    {"subject": "x" * 900},
    {"facts": None},
    {"facts": {"priority": "dringend", "replies": "", "tags": None}},
    {"tags": None},
    {"status": None},
    {"status": ""},
    {"priority": None},
    {"assignee": "somebody"},
    {"id": "#{n}"},
    {"created_at": "last week", "replies": "many"},
)
CUSTOMER_ODDITIES: tuple[dict[str, Any], ...] = (
    {"name": None},
    {"name": ""},
    {"name": "Mira\nOlsen"},
    {"name": "x" * 500},
    {"time_zone": "Copenhagen"},
    {"time_zone": "Pacific Time (US & Canada)"},
    {"time_zone": None},
    {"language": None},
    {"language": 5},
    {"facts": None},
    {"phone": "call me"},
    {"phone": None},
    {"email": " <mira@olsen.example> "},
    {"organization": None},
)


def odd_body(of_ticket: dict[str, Any], of_customer: dict[str, Any]) -> dict[str, Any]:
    number = str(next(NUMBERS))
    filled = {name: value.format(n=number) if isinstance(value, str) else value for name, value in of_ticket.items()}
    body = trigger(number, "harbor", "mira@olsen.example")
    return {
        "ticket": body["ticket"] | filled,
        "customer": body["customer"] | of_customer,
        "mode": None,
        "conversation": None,
        "brand": "Harbor",
    }


async def test_no_oddity_of_a_placeholder_refuses_a_call(office: Office) -> None:
    await with_source(office)
    alone = [*((odd, {}) for odd in TICKET_ODDITIES), *(({}, odd) for odd in CUSTOMER_ODDITIES)]
    for body in itertools.starmap(odd_body, alone):
        assert (await deliver(office, body))["done"] == "opened", body


async def test_any_two_oddities_read_as_a_call_with_facts_that_fit(office: Office) -> None:
    async with office.engine.connect() as conn:
        directory = await read_directory(conn)
    words = SourceWords()
    for body in itertools.starmap(odd_body, itertools.product(TICKET_ODDITIES, CUSTOMER_ODDITIES)):
        command = read_payload(body, directory, words, datetime.now(UTC))
        assert isinstance(command, Opens), body
        opening = command.body.opening("source:test", None)
        read_facts(opening.customer.facts | opening.ticket.facts, directory)


async def test_what_cannot_be_used_becomes_the_next_best_thing(office: Office) -> None:
    await with_source(office)
    body = trigger("1", "harbor", "mira@olsen.example")
    body["ticket"] |= {"url": "harbor.zendesk.com/agent/tickets/1", "subject": ""}
    body["customer"] |= {"name": None, "time_zone": "Copenhagen"}
    row = await row_of(office, (await deliver(office, body))["id"])
    assert (row.ticket_url, row.subject, row.name, row.time_zone) == (f"{HARBOR}1", "Ticket 1", "mira", "")


@pytest.mark.parametrize("email", [None, "", "nobody"])
async def test_without_an_address_to_invite_the_call_is_refused(office: Office, email: str | None) -> None:
    await with_source(office)
    body = trigger("1", "harbor", "mira@olsen.example")
    body["customer"]["email"] = email
    refused = await send(office, body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/customer/email")


ENDS: tuple[dict[str, Any], ...] = (
    {"ticket": {"id": "{n}", "status": "solved"}},
    {"ticket": {"id": 0, "status": "Closed", "subject": None, "url": None, "facts": None}, "customer": None},
    {"ticket": {"id": "{n}", "status": "deleted"}},
    {"ticket": {"id": "{n}", "status": "merged"}},
    {"ticket": {"id": "{n}", "status": "spam"}},
    {"ticket": {"id": "", "url": "harbor.zendesk.com/agent/tickets/{n}", "status": "SOLVED"}},
    event("{n}", status="SOLVED", subject=None, priority=None, tags=None, requester=None),
    event("{n}", status="SOLVED", url=None, tags="escalate_call vip", id=None),
    event("{n}", status=None, tags=None) | {"type": "zen:event-type:ticket.soft_deleted"},
    event("{n}", status=None) | {"type": "zen:event-type:ticket.merged"},
    event("{n}", status="OPEN") | {"type": "zen:event-type:ticket.marked_as_spam"},
    event("{n}", status="DELETED", requester={"email": None}),
)


def about(number: str, body: Any) -> Any:
    """The body with the ticket's number in its places."""
    if isinstance(body, dict):
        return {
            name: int(number) if name == "id" and value == 0 else about(number, value) for name, value in body.items()
        }
    return body.replace("{n}", number) if isinstance(body, str) else body


async def test_number_and_end_are_enough_to_end_an_escalation(office: Office) -> None:
    await with_source(office)
    for ends in ENDS:
        number = str(next(NUMBERS))
        opened = await deliver(office, trigger(number, "harbor", "mira@olsen.example"))
        body = about(number, ends) | ({"id": f"n-{number}"} if "type" in ends else {})
        assert await deliver(office, body) == {"done": "withdrawn", "id": opened["id"]}, body
        row = await row_of(office, opened["id"])
        solved = str(body).casefold().count("'solved'") + str(body).casefold().count("'closed'")
        assert (row.state, row.outcome) == ("closed", "ticket_solved" if solved else "withdrawn"), body
        assert (row.ticket_solved_at is not None) == bool(solved)


async def test_a_reopened_ticket_is_recorded_and_changes_nothing_else(office: Office) -> None:
    await with_source(office)
    opened = await deliver(office, trigger("7", "harbor", "mira@olsen.example"))
    reopened = event("7", "event-7", status="OPEN", tags=None) | {"type": "zen:event-type:ticket.status_changed"}
    reopened |= {"event": {"previous": "SOLVED", "current": "OPEN"}, "time": "2026-03-02T11:08:09Z"}
    assert await deliver(office, reopened) == {"done": "recorded", "id": opened["id"]}
    row = await row_of(office, opened["id"])
    assert (row.state, f"{row.ticket_reopened_at:%F %T}") == ("invited", "2026-03-02 11:08:09")
    await deliver(office, {"ticket": {"id": "7", "status": "solved"}})
    assert (await deliver(office, {"ticket": {"id": "7", "status": "reopened"}}))["done"] == "recorded"
    assert (await row_of(office, opened["id"])).state == "closed"
    unknown = await deliver(office, {"ticket": {"id": "8", "status": "reopened"}})
    assert unknown == {"done": "ignored", "reason": "the ticket has no escalation"}


async def test_statuses_and_priorities_are_read_in_the_accounts_language(office: Office) -> None:
    await with_source(office)
    admin, page = await office.browser("Ada Admin"), "/admin/webhooks/harbor"
    words = {"statuses": "Gelöst = solved\nGelöscht=deleted", "priorities": "Dringend = urgent"}
    assert (await admin.post(page, page, account="harbor.zendesk.com", **words)).status_code == 303
    shown = "gelöst = solved\ngelöscht = deleted</textarea>"
    assert shown in await admin.get(page)
    assert (await admin.post(page, page, **words | {"priorities": "hoch = high\ndringend = urgent"})).status_code == 303
    assert shown in await admin.get(page), "saving the priorities keeps the statuses"
    opened = await deliver(office, event("9", "event-9", requester=REQUESTER, priority="DRINGEND"))
    assert (await row_of(office, opened["id"])).facts["priority"] == "urgent"
    facts = {"facts": {"priority": "dringend"}}
    body = trigger("10", "harbor", "mira@olsen.example")
    second = await deliver(office, body | {"ticket": body["ticket"] | facts})
    assert (await row_of(office, second["id"])).facts["priority"] == "urgent"
    ended = await deliver(office, {"ticket": {"id": "9", "status": "gelöst"}})
    assert ended == {"done": "withdrawn", "id": opened["id"]}


def test_words_are_pairs_of_which_muster_knows_the_second() -> None:
    assert read_words("Gelöst = Solved\n\n offen=open ", STATUSES) == {"gelöst": "solved", "offen": "open"}
    assert read_words("dringend = p1", ()) == {"dringend": "p1"}
    for typed, says in (
        ("gelöst", "one pair per line"),
        ("gelöst =", "one pair"),
        ("gelöst = fertig", "“fertig” is none"),
    ):
        with pytest.raises(WordsUnfit) as unfit:
            read_words(typed, STATUSES)
        assert says in unfit.value.detail


def test_a_moment_is_read_into_utc() -> None:
    for sent in ("2026-03-02T12:08:09+01:00", "2026-03-02T11:08:09Z", "2026-03-02T11:08:09"):
        assert str(moment_of(sent)) == "2026-03-02 11:08:09+00:00"
    assert moment_of("0001-01-01T00:00:00+01:00") is None


async def test_last_words_and_telephone_are_kept_as_far_as_they_fit(office: Office) -> None:
    async with office.engine.begin() as conn:
        await add_source(conn, "harbor", "zendesk", SECRET, "harbor.zendesk.com")
    body = trigger("11", "harbor", "mira@olsen.example")
    body["customer"]["phone"] = "+45 32 12 34 56"
    messages = [
        {"author": "Mira", "at": "2026-03-02T12:08:09+01:00", "text": f"{nth}: " + "å" * 1500} for nth in range(12)
    ]
    opened = await deliver(office, body | {"conversation": [*messages, None, "And\r\nthen\x07?"]})
    row = await row_of(office, opened["id"])
    assert row.phone == "+4532123456"
    assert [message["text"][:3] for message in row.conversation] == [*(f"{nth}: "[:3] for nth in range(5, 12)), "And"]
    assert len(row.conversation[0]["text"]) < 1500
    assert row.conversation[0]["at"] == "2026-03-02T11:08:09+00:00"
    assert row.conversation[-1] == {"author": "", "at": None, "text": "And\nthen?"}
    assert sum(len(message["text"].encode()) for message in row.conversation) in (19_999, 20_000)
