"""Every answer is what the OpenAPI document says, so that a generated client works."""

from __future__ import annotations

from typing import Any

import httpx
from jsonschema import Draft202012Validator
from sqlalchemy import update

from database.tables.escalation import customer
from tests.web.desk_floor import ME, Floor, floor
from tests.web.office import Office, office, ticket

__all__ = ["floor", "office"]

ESCALATIONS = "/api/v1/escalations"
METHODS = {"get", "post", "put", "patch", "delete"}


async def document(office: Office) -> dict[str, Any]:
    async with office.program("") as anybody:
        described: dict[str, Any] = (await anybody.get("/api/v1/openapi.json")).json()
    return described


def check(described: dict[str, Any], path: str, answer: httpx.Response) -> None:
    """That this answer's status is described, and its body fits the schema, without a field that the schema lacks."""
    response = described["paths"][path][answer.request.method.lower()]["responses"][str(answer.status_code)]
    media_type = answer.headers["content-type"].partition(";")[0]
    schema = response["content"][media_type]["schema"]
    validator = Draft202012Validator({**closed(schema), "components": closed(described["components"])})
    assert [error.message for error in validator.iter_errors(answer.json())] == []
    assert set(response.get("headers", {})) <= {name.title() for name in answer.headers}


def closed(schema: Any) -> Any:
    """The schema, with no further fields allowed in our answers' objects."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: closed(part) for name, part in schema.items()}
    is_answer = str(schema.get("title", "")).endswith("Answer") and schema.get("type") == "object"
    return parts | ({"additionalProperties": False} if is_answer else {})


async def test_every_answer_has_a_model(office: Office) -> None:
    described = await document(office)
    for path, methods in described["paths"].items():
        for method in METHODS & set(methods):
            responses = methods[method]["responses"]
            assert {"401", "403", "422", "429", "503"} <= set(responses), (path, method)
            for status in ("429", "503"):
                assert responses[status]["headers"]["Retry-After"]["schema"]["type"] == "integer"
            for status, response in responses.items():
                assert all(content["schema"] for content in response["content"].values()), (path, method, status)
    assert "HTTPValidationError" not in described["components"]["schemas"]


async def test_what_makes_opening_safe_is_described(office: Office) -> None:
    opening = (await document(office))["paths"][ESCALATIONS]["post"]
    assert [(one["name"], one["in"]) for one in opening["parameters"]] == [("Idempotency-Key", "header")]
    assert {"Location"} == set(opening["responses"]["201"]["headers"]) == set(opening["responses"]["200"]["headers"])


async def test_answers_about_escalations_fit_their_models(floor: Floor) -> None:
    office = floor.office
    described, one = await document(office), f"{ESCALATIONS}/{{escalation_id}}"
    called = await floor.due_call(mode="now")
    await floor.offer(called, ME)
    rated = await floor.due_call(ticket="4800")
    await floor.offer(rated, ME, state="done")
    await floor.done(rated, 2, "too long")
    async with office.engine.begin() as conn:
        await conn.execute(update(customer).values(phone="+4532123456"))
    async with office.program() as program:
        body = ticket("4801", conversation=["And now?"], ticket__replies=5)
        opened = await program.post(ESCALATIONS, json=body)
        check(described, ESCALATIONS, opened)
        check(described, ESCALATIONS, await program.post(ESCALATIONS, json=body))
        check(described, ESCALATIONS, await program.post(ESCALATIONS, json={}))
        check(described, ESCALATIONS, await program.get(ESCALATIONS, params={"limit": 1}))
        check(described, ESCALATIONS, await program.get(ESCALATIONS, params={"foo": 1}))
        for escalation_id in (opened.json()["id"], called.escalation_id, rated.escalation_id, "unknown"):
            check(described, one, await program.get(f"{ESCALATIONS}/{escalation_id}"))
        address = f"{ESCALATIONS}/{opened.json()['id']}"
        check(described, f"{one}/slots", await program.get(f"{address}/slots"))
        news = {"system": "zendesk", "id": "4801", "url": body["ticket"]["url"], "replies": 6}
        check(described, "/api/v1/tickets", await program.patch("/api/v1/tickets", json=news))
        check(described, "/api/v1/tickets", await program.patch("/api/v1/tickets", json=news | {"id": "1"}))
        check(described, f"{one}/withdraw", await program.post(f"{address}/withdraw"))


async def test_answers_about_shifts_fit_their_models(office: Office) -> None:
    described = await document(office)
    async with office.program() as program:
        shifts = await program.get("/api/v1/shifts?from=2030-01-01T00:00:00Z&until=2030-01-08T00:00:00Z")
        check(described, "/api/v1/shifts", shifts)
        mail = shifts.json()["people"][0]["email"]
        people = f"/api/v1/people/{mail}"
        day = {"hours": [{"from": "10:00", "until": "14:00"}], "time_zone": "Europe/Copenhagen"}
        check(described, "/api/v1/people/{email}/days/{day}", await program.put(f"{people}/days/2030-01-07", json=day))
        check(described, "/api/v1/people/{email}/days/{day}", await program.delete(f"{people}/days/2030-01-07"))
        gone = await program.delete("/api/v1/people/nobody@x.example/time-off/leave")
        check(described, "/api/v1/people/{email}/time-off/{key}", gone)
