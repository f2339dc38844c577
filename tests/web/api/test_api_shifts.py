"""The API's shifts: reading, changes, dry runs, refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from database.stores.access.api_tokens import create_token
from database.tables.escalation import message
from database.tables.schedule import day_change, time_off
from tests.web.api.test_api import is_problem
from tests.web.office import Office, office
from tests.web.shifts.test_shifts_pages import ANNA, booked, state_of

__all__ = ["office"]

PEOPLE, SHIFTS = "/api/v1/people/anna.schmidt@harborboats.example", "/api/v1/shifts"
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


def off(**more: Any) -> dict[str, Any]:
    return {"kind": "sick", "starts_at": (NOW - DAY).isoformat(), "ends_at": (NOW + DAY).isoformat()} | more


async def test_time_off_with_a_key_is_added_once_and_removed(office: Office) -> None:
    async with office.program() as program:
        for _ in range(2):
            answer = await program.put(f"{PEOPLE}/time-off/hr-7", json=off())
            assert answer.json() == {"done": True, "moved": 0, "at_risk": []}, answer.text
        shown = await program.get(SHIFTS, params={"from": NOW.isoformat(), "until": (NOW + DAY / 2).isoformat()})
        anna = next(one for one in shown.json()["people"] if one["name"] == ANNA)
        assert anna["shifts"] == []
        assert shown.json()["next"] is None
        for _ in range(2):
            assert (await program.delete(f"{PEOPLE}/time-off/hr-7")).status_code == 200
    async with office.engine.connect() as conn:
        assert (await conn.execute(select(func.count()).select_from(time_off))).scalar_one() == 0


async def test_a_day_is_set_and_cleared(office: Office) -> None:
    day = (NOW + 3 * DAY).date().isoformat()
    async with office.program() as program:
        hours = [{"from": "08:00", "until": "10:00"}, {"from": "22:00", "until": "02:00"}]
        answer = await program.put(f"{PEOPLE}/days/{day}", json={"hours": hours, "time_zone": "UTC"})
        assert answer.status_code == 200, answer.text
        span = {"from": f"{day}T00:00:00Z", "until": (NOW + 5 * DAY).isoformat(), "team": "Support"}
        found = (await program.get(SHIFTS, params=span)).json()["people"]
        anna = next(one for one in found if one["name"] == ANNA)
        assert {"from": f"{day}T08:00:00Z", "until": f"{day}T10:00:00Z"} in anna["shifts"]
        assert (await program.delete(f"{PEOPLE}/days/{day}")).status_code == 200
    async with office.engine.connect() as conn:
        assert (await conn.execute(select(func.count()).select_from(day_change))).scalar_one() == 0


async def test_putting_calls_at_risk_needs_consent(office: Office) -> None:
    await booked(office)
    async with office.program() as program:
        tried = (await program.put(f"{PEOPLE}/time-off/hr-7", json=off(dry_run=True))).json()
        assert tried["done"] is False
        assert [one["subject"] for one in tried["at_risk"]] == ["Engine stops at sea"]
        refused = await program.put(f"{PEOPLE}/time-off/hr-7", json=off())
        assert refused.status_code == 409
        assert refused.json()["type"] == "urn:muster:calls-at-risk"
        assert refused.json()["at_risk"] == tried["at_risk"]
        assert await state_of(office) == "sold"
        done = (await program.put(f"{PEOPLE}/time-off/hr-7", json=off(accept_at_risk=True))).json()
    assert done["done"] is True
    assert done["at_risk"] == tried["at_risk"]
    assert await state_of(office) == "at_risk"
    async with office.engine.connect() as conn:
        assert "manager_seat_lost" in (await conn.execute(select(message.c.kind))).scalars().all()


@pytest.mark.parametrize(
    ("method", "address", "body", "status"),
    [
        ("PUT", "/api/v1/people/nobody@x.example/time-off/1", off(), 404),
        ("PUT", f"{PEOPLE}/time-off/1", off(ends_at=(NOW - 2 * DAY).isoformat()), 422),
        ("PUT", f"{PEOPLE}/time-off/1", off(ends_at="2526-01-01T00:00:00Z"), 422),
        ("PUT", f"{PEOPLE}/time-off/1", off(ends_at="2026-01-01T00:00:00"), 422),
        ("PUT", f"{PEOPLE}/time-off/1", off(kind="prison"), 422),
        ("PUT", f"{PEOPLE}/time-off/1", off(why="flu"), 422),
        ("PUT", f"{PEOPLE}/time-off/{'k' * 101}", off(), 422),
        ("PUT", f"{PEOPLE}/days/9999-12-31", {"hours": []}, 422),
        ("PUT", f"{PEOPLE}/days/tomorrow", {"hours": []}, 422),
        ("PUT", f"{PEOPLE}/days/2026-12-01", {"hours": [{"from": "25:00", "until": "26:00"}]}, 422),
        ("PUT", f"{PEOPLE}/days/2026-12-01", {"hours": [{"from": "24:00", "until": "02:00"}]}, 422),
        ("PUT", f"{PEOPLE}/days/2026-12-01", {"hours": [], "time_zone": "Mars"}, 422),
        ("PUT", f"{PEOPLE}/days/2026-12-01", {"hours": [{"from": "01:00", "until": "02:00"}] * 13}, 422),
        ("GET", f"{SHIFTS}?from=2026-12-01T00:00:00Z&until=2027-12-01T00:00:00Z", None, 422),
        ("GET", f"{SHIFTS}?from=2026-12-01&until=2026-12-02T00:00:00Z", None, 422),
        ("GET", SHIFTS, None, 422),
    ],
)
async def test_wrong_fields_are_named(office: Office, method: str, address: str, body: Any, status: int) -> None:
    async with office.program() as program:
        is_problem(await program.request(method, address, json=body), status)


async def test_wrong_fields_are_named_as_they_were_sent(office: Office) -> None:
    off_1, day = f"{PEOPLE}/time-off/1", f"{PEOPLE}/days/{(NOW + 3 * DAY).date()}"
    wrong: list[tuple[str, Any, str]] = [
        (off_1, off(ends_at=(NOW - 2 * DAY).isoformat()), "/ends_at"),
        (off_1, off(starts_at=1_800_000_000), "/starts_at"),
        (off_1, off(starts_at="1800000000"), "/starts_at"),
        (off_1, off(dry_run="yes"), "/dry_run"),
        (f"{PEOPLE}/time-off/{'k' * 101}", off(), "{key}"),
        (f"{PEOPLE}/days/9999-12-31", {"hours": []}, "{day}"),
        (day, {"hours": [{"from": "24:00", "until": "02:00"}]}, "/hours"),
        (day, {"hours": [], "as_well": 1}, "/as_well"),
    ]
    async with office.program() as program:
        for address, body, pointer in wrong:
            answer = await program.put(address, json=body)
            assert [error["pointer"] for error in answer.json()["errors"]] == [pointer], (address, body)


async def test_an_address_names_every_method_that_it_has(office: Office) -> None:
    async with office.program() as program:
        answer = await program.patch(f"{PEOPLE}/days/2030-01-07")
        is_problem(answer, 405)
        assert answer.headers["Allow"] == "DELETE, PUT"
        assert (await program.put("/api/v1/shifts")).headers["Allow"] == "GET, HEAD"


async def test_scopes_are_checked(office: Office) -> None:
    async with office.engine.begin() as conn:
        reader = await create_token(conn, "reader", ["shifts:read"], NOW)
    span = {"from": NOW.isoformat(), "until": (NOW + DAY).isoformat()}
    async with office.program(reader) as program:
        assert (await program.get(SHIFTS, params=span)).status_code == 200
        is_problem(await program.put(f"{PEOPLE}/time-off/1", json=off()), 403)
