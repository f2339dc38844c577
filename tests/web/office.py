"""The application over the test's own database, with browsers and programs that call it."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from config.settings import Settings
from database.stores.access.api_tokens import SCOPES, create_token
from database.stores.access.sessions import begin_session
from database.stores.rules.versions import publish
from database.stores.staff.seed import Outsider, seed_directory
from database.tables.directory import person
from rules_dsl.directory import Directory
from tests.servers import free_port
from web.app import create_app

EXAMPLES = Path(__file__).parents[2] / "examples"
RULES = (EXAMPLES / "small_team.rules").read_text()
PEOPLE = {"manager": "Marta Manager", "ops": "Otto Ops", "admin": "Ada Admin"}
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass
class Office:
    app: FastAPI
    engine: AsyncEngine
    people: dict[str, int]
    api_token: str

    def program(self, token: str | None = None) -> httpx.AsyncClient:
        """An API client with all scopes, or with this token."""
        return self._client({"Authorization": f"Bearer {self.api_token if token is None else token}"})

    async def browser(self, name: str) -> Browser:
        """A browser in which this person is signed in."""
        secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
        async with self.engine.begin() as conn:
            await begin_session(conn, self.people[name], secret, now, now + timedelta(hours=1))
        return Browser(self._client({"Cookie": f"muster={secret}", "Sec-Fetch-Site": "same-origin"}))

    def _client(self, headers: dict[str, str]) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700", headers=headers)


@dataclass
class Browser:
    client: httpx.AsyncClient

    async def get(self, address: str, status: int = 200) -> str:
        answer = await self.client.get(address)
        assert answer.status_code == status, answer.text
        return answer.text

    async def post(self, address: str, drawn_on: str, **fields: Any) -> httpx.Response:
        """Sends a form of this page."""
        found = _TOKEN.search(await self.get(drawn_on))
        assert found is not None
        return await self.client.post(address, data={"form_token": found[1], **fields})


async def furnish(engine: AsyncEngine, rules: str = RULES) -> None:
    """The boat shop with its rules published, and one person of each role outside the teams."""
    now = datetime.now(UTC)
    directory = Directory.from_json(json.loads((EXAMPLES / "small_team.directory.json").read_text()))
    outsiders = [Outsider(name, f"{role}@harborboats.example", role) for role, name in PEOPLE.items()]
    async with engine.begin() as conn:
        await seed_directory(conn, directory, outsiders, now)
        if rules:
            await publish(conn, rules, "Marta Manager", "the first rules", None, now)


@asynccontextmanager
async def open_office(
    engine: AsyncEngine, database_url: str, *, rules: str = RULES, archive_folder: Path | None = None
) -> AsyncIterator[Office]:
    """The application on this database, which is furnished with these rules if nobody is in it yet."""
    if not await _people(engine):
        await furnish(engine, rules)
    async with engine.begin() as conn:
        token = await create_token(conn, "test", SCOPES, datetime.now(UTC))
    secret = SecretStr("a secret of thirty-two characters")
    settings = Settings(database_url=database_url, secret_key=secret, archive_folder=archive_folder)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield Office(app, engine, await _people(engine), token)


async def _people(engine: AsyncEngine) -> dict[str, int]:
    async with engine.connect() as conn:
        return {row.name: row.id for row in await conn.execute(select(person.c.name, person.c.id))}


@pytest.fixture
async def office(
    database: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Office]:
    """The application without Temporal: what needs it says so, everything else works."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    async with open_office(database, database_url, archive_folder=tmp_path / "archive") as opened:
        yield opened


def ticket(number: str = "4711", **changes: Any) -> dict[str, Any]:
    """A body that opens an escalation."""
    body: dict[str, Any] = {
        "ticket": {
            "system": "zendesk",
            "id": number,
            "url": f"https://harbor.zendesk.com/agent/tickets/{number}",
            "subject": "Engine stops at sea",
            "facts": {"product area": "engine", "priority": "normal", "replies": 7, "tags": []},
        },
        "customer": {"name": "Mira Olsen", "email": "mira@olsen.example", "time_zone": "Europe/Copenhagen"},
        "mode": "booking",
    }
    for path, value in changes.items():
        part, _, name = path.partition("__")
        if name:
            body[part][name] = value
        else:
            body[part] = value
    return body
