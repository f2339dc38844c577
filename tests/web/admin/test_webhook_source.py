"""The page of a webhook source: the text to paste, a test, two secrets while one is replaced, its end."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from sqlalchemy import select

from database.tables.account import webhook_source
from domain.escalation import State
from tests.web.hooks.test_bent_webhooks import row_of
from tests.web.hooks.test_hooks import SECRET, count, event, send, trigger, with_source
from tests.web.office import Office, office
from web.hooks.zendesk_payload import TAG

__all__ = ["office"]

PAGE = "/admin/webhooks/harbor"
FILLED = {
    "ticket.id": "4711",
    "ticket.link": "https://harbor.zendesk.com/agent/tickets/4711",
    "ticket.title": "Engine stops",
    "ticket.tags": f"{TAG} safety",
    "ticket.priority": "Urgent",
    "ticket.requester.name": "Mira Olsen",
    "ticket.requester.email": "mira@olsen.example",
}


def pasted(page: str, name: str) -> str:
    found = re.search(rf'<code id="{name}">([^<]*)</code>', page)
    assert found is not None
    return html.unescape(found[1])


def filled(template: str) -> Any:
    """What Zendesk sends: it leaves a placeholder without a value blank."""
    return json.loads(re.sub(r"\{\{([\w.]+)\}\}", lambda found: FILLED.get(found[1], ""), template))


async def test_the_text_to_paste_opens_a_call_and_ends_it(office: Office) -> None:
    """What the page promises of the tag: a trigger that names it sends this text, and no other promise is made."""
    admin = await office.browser("Ada Admin")
    assert TAG not in await admin.get("/admin/webhooks")
    await with_source(office)
    page = await admin.get(PAGE)
    assert "http://127.0.0.1:8700/hooks/zendesk/harbor" in page
    assert re.search(rf"Create a trigger that opens a call\. Conditions, for example: .*{TAG}", page)
    opened = (await send(office, filled(pasted(page, "opening")))).json()
    assert opened["done"] == "opened", opened
    row = await row_of(office, opened["id"])
    assert (row.subject, row.email, row.ticket_account) == ("Engine stops", "mira@olsen.example", "harbor.zendesk.com")
    assert row.facts == {"priority": "urgent", "tags": ["safety"]}
    ended = (await send(office, filled(pasted(page, "ending")))).json()
    assert ended == {"done": "withdrawn", "id": opened["id"]}
    assert (await row_of(office, opened["id"])).state == State.CLOSED


async def test_a_test_delivery_is_understood_and_opens_nothing(office: Office) -> None:
    await with_source(office)
    admin = await office.browser("Ada Admin")
    page = await admin.get((await admin.post(f"{PAGE}/test", PAGE)).headers["location"])
    assert "It would open an escalation for ticket 4711, if the rules allow a call." in page
    assert "Not tested: whether Zendesk reaches this address" in page
    assert "not used yet" in page, "the secret's last use is the help desk's"
    by_zendesk = (await send(office, pasted(page, "sample").encode())).json()
    assert by_zendesk == {"done": "tested", "would": "open an escalation for ticket 4711, if the rules allow a call"}
    solved = (await send(office, {"test": True, "ticket": {"id": "4711", "status": "solved"}})).json()
    assert solved == {"done": "tested", "would": "end the open escalation of ticket 4711"}
    wrong = await send(office, {"test": True, **trigger("1", "harbor", "nobody")})
    assert wrong.status_code == 422
    assert await count(office) == 0
    async with office.engine.connect() as conn:
        assert (await conn.execute(select(webhook_source.c.account))).scalar_one() == "", "a test teaches no account"


async def test_two_secrets_are_accepted_until_the_older_is_ended(office: Office) -> None:
    await with_source(office)
    admin = await office.browser("Ada Admin")

    async def accepted(secret: str) -> bool:
        return (await send(office, {"type": "zen:event-type:user.created"}, secret=secret)).status_code == 200

    assert (await admin.post(f"{PAGE}/secrets", PAGE, secret="short")).status_code == 422
    assert (await admin.post(f"{PAGE}/secrets", PAGE, secret=SECRET)).status_code == 409
    assert (await admin.post(f"{PAGE}/secrets/end", PAGE, which="older")).status_code == 303
    assert await accepted(SECRET), "the only secret stays"
    made = await admin.post(f"{PAGE}/secrets", PAGE, secret="")
    newer = re.search(r'once"><code>([\w-]{43})</code>', made.text)
    assert newer is not None
    page = await admin.get(PAGE)
    assert newer[1] not in page
    assert "Newer: not used yet" in page
    assert (await admin.post(f"{PAGE}/secrets/end", PAGE, which="neither")).status_code == 303
    assert await accepted(newer[1])
    assert await accepted(SECRET)
    assert "not used yet" not in await admin.get(PAGE)
    await admin.post(f"{PAGE}/secrets/end", PAGE, which="older")
    assert await accepted(newer[1])
    assert not await accepted(SECRET)
    await admin.post(f"{PAGE}/secrets", PAGE, secret="a secret pasted from Zendesk")
    await admin.post(f"{PAGE}/secrets/end", PAGE, which="newer")
    assert not await accepted("a secret pasted from Zendesk")
    assert await accepted(newer[1])


async def test_a_deleted_source_answers_410_and_its_history_stays(office: Office) -> None:
    await with_source(office)
    await send(office, trigger("4711", "harbor", "mira@olsen.example"))
    admin = await office.browser("Ada Admin")
    assert "The open escalation that it opened continues" in await admin.get(f"{PAGE}/delete")
    await admin.post(f"{PAGE}/delete", f"{PAGE}/delete")
    gone = await send(office, event())
    assert (gone.status_code, gone.json()["type"]) == (410, "urn:muster:source-deleted")
    assert "/admin/webhooks/harbor" not in await admin.get("/admin/webhooks")
    history = (await admin.client.get(PAGE)).headers["location"]
    page = await admin.get(history)
    assert "Opened an escalation" in page
    assert "Its source was deleted" in page
    first = re.findall(r'href="(/admin/deliveries/\d+)"', page)[-1]
    assert "Its source was deleted, so this can’t be replayed." in await admin.get(first)
    await admin.get(f"{PAGE}/delete", 404)
    await admin.post("/admin/webhooks", "/admin/webhooks", name="harbor", secret=SECRET)
    assert (await send(office, event(tags=[]))).json()["done"] == "ignored"
