"""What was allowed once doesn't reach further: streams end with their role, dev pages stay on this machine."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from fastapi import Request
from fastapi.routing import APIRoute
from sqlalchemy import update

from config.settings import Settings
from database.tables.directory import person
from tests.web.office import Office, office
from web.app import create_app
from web.security.access import still_allowed

__all__ = ["office"]

STREAMS = ("/desk/stream", "/board/stream", "/ops/{escalation_id}/stream")


def request_for(office: Office, path: str, cookie: str) -> Request:
    route = next(one for one in office.app.routes if isinstance(one, APIRoute) and one.path == path)
    headers = [(b"cookie", cookie.encode())]
    return Request(
        {"type": "http", "app": office.app, "method": "GET", "path": path, "headers": headers, "route": route}
    )


@pytest.mark.parametrize("path", STREAMS)
async def test_a_live_stream_ends_when_its_role_does(office: Office, path: str) -> None:
    name = "Marta Manager"
    request = request_for(office, path, (await office.browser(name)).client.headers["Cookie"])
    assert await still_allowed(request)
    async with office.engine.begin() as conn:
        await conn.execute(update(person).where(person.c.id == office.people[name]).values(roles=[]))
    assert not await still_allowed(request)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("http://127.0.0.1:8700", 200),
        ("http://localhost:8700", 200),
        ("http://[::1]:8700", 200),
        ("http://calls.example", 404),
        ("http://192.0.2.7:8700", 404),
    ],
)
async def test_dev_pages_answer_on_a_loopback_host_alone(
    database_url: str, tmp_path: Path, address: str, status: int
) -> None:
    (tmp_path / "mail").mkdir()
    app = create_app(Settings(database_url=database_url, embedded=True, home=tmp_path))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=address) as client,
    ):
        for path in ("/dev/mail", "/dev/mail.json"):
            assert (await client.get(path)).status_code == status
    if status == 404:
        return
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=address) as client:
        rebound = await client.get("/dev/mail", headers={"Host": "calls.example"})
        assert rebound.status_code == 404
