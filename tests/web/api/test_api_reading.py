"""The API's lists, export and OpenAPI document, and its response without a database."""

from __future__ import annotations

import json

from database.engine import open_engine
from tests.web.api.test_api import ESCALATIONS, is_problem
from tests.web.office import Office, office, ticket

__all__ = ["office"]


async def test_lists_have_pages(office: Office) -> None:
    async with office.program() as program:
        opened = [(await program.post(ESCALATIONS, json=ticket(str(n)))).json()["id"] for n in range(5)]
        seen: list[str] = []
        cursor = None
        while True:
            params = {"limit": "2", "state": "invited"} | ({"cursor": cursor} if cursor else {})
            answer = await program.get(ESCALATIONS, params=params)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            seen += [line["id"] for line in page["escalations"]]
            cursor = page["next"]
            if cursor is None:
                break
    assert seen == opened[::-1]


async def test_the_export_holds_everything_but_secrets(office: Office) -> None:
    async with office.program() as program:
        opened = (await program.post(ESCALATIONS, json=ticket())).json()
        answer = await program.get("/api/v1/export")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert lines[-1] == {"type": "end", "lines": len(lines) - 1}
    kinds = {line["type"] for line in lines}
    assert {"escalation", "escalation_event", "customer", "person", "ruleset", "message", "customer_link"} <= kinds
    assert [line["id"] for line in lines if line["type"] == "escalation"] == [opened["id"]]
    for secret in ("token_hash", "password_hash", "secret", opened["customer_link"].rpartition("/")[2]):
        assert f'"{secret}"' not in answer.text
    assert office.api_token not in answer.text


async def test_the_api_describes_itself(office: Office) -> None:
    async with office.program("") as anybody:
        described = (await anybody.get("/api/v1/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]) == {
        ESCALATIONS,
        f"{ESCALATIONS}/{{escalation_id}}",
        f"{ESCALATIONS}/{{escalation_id}}/withdraw",
        f"{ESCALATIONS}/{{escalation_id}}/slots",
        "/api/v1/tickets",
        "/api/v1/shifts",
        "/api/v1/people/{email}/days/{day}",
        "/api/v1/people/{email}/time-off/{key}",
        "/api/v1/export",
    }
    schemas = described["components"]["schemas"]
    assert schemas["OpenEscalation"]["additionalProperties"] is False
    assert {"Problem", "TicketBody", "CustomerBody"} <= set(schemas)


async def test_an_unreachable_database_is_a_503(office: Office) -> None:
    ours, office.app.state.engine = office.app.state.engine, open_engine("postgresql://nobody@127.0.0.1:1/nothing")
    async with office.program() as program:
        answers = [await program.get(ESCALATIONS), await program.get("/api/v1/export")]
        office.app.state.engine = ours
        again = await program.get(ESCALATIONS)
    for answer in answers:
        is_problem(answer, 503)
        assert int(answer.headers["retry-after"]) > 0
    assert again.status_code == 200
