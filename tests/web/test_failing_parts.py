"""Pages without a database; health, metrics and static files."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from config.settings import Settings
from database.stores.journal.retention import count_removed
from tests.servers import free_port
from tests.web.customers import visitor
from tests.web.forms import form_to
from tests.web.office import Office, office
from web.app import create_app
from web.assets import asset_url

__all__ = ["office"]


async def test_without_a_database_pages_soon_say_so() -> None:
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    app = create_app(Settings(database_url=nowhere, secret_key=SecretStr("a secret of thirty-two characters")))
    async with app.router.lifespan_context(app), visitor(app, Cookie="muster=somebody") as client:
        for address in ("/c/x", "/rate/x", "/join/x", "/desk", "/sign-in/x", "/api/v1/escalations", "/"):
            began = time.monotonic()
            bearer = {"Authorization": "Bearer x"} if address.startswith("/api") else {}
            answer = await client.get(address, headers=bearer)
            assert answer.status_code == 503, address
            assert int(answer.headers["Retry-After"]) <= 5
            assert time.monotonic() - began < 5
            kind = "application/problem+json" if address.startswith("/api") else "text/html"
            assert answer.headers["Content-Type"].startswith(kind)
        assert (await client.get("/healthz")).status_code == 200
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["database"] == "unreachable"


async def test_a_silent_database_times_out_soon() -> None:
    """It takes connections and says nothing."""

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    port = free_port()
    silent = await asyncio.start_server(say_nothing, "127.0.0.1", port)
    nowhere = f"postgresql://nobody@127.0.0.1:{port}/nothing"
    app = create_app(Settings(database_url=nowhere, secret_key=SecretStr("a secret of thirty-two characters")))
    async with silent, app.router.lifespan_context(app), visitor(app) as client:
        began = time.monotonic()
        assert (await client.get("/c/x")).status_code == 503
        assert time.monotonic() - began < 5


async def test_an_unexpected_error_is_logged_and_shown_without_details(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def break_down(*arguments: object) -> None:
        raise RuntimeError("the reason stays inside")

    monkeypatch.setattr("web.customer.customer_link.find_link", break_down)
    async with visitor(office.app) as client:
        answer = await client.get("/c/x")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.text
    assert "the reason" not in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "the reason stays inside" in caplog.text


async def test_a_deadlock_asks_to_try_again_and_blames_no_database(office: Office) -> None:
    manager, who = await office.browser("Marta Manager"), office.people["Anna Schmidt"]
    fields = {"name": "Anna S", "email": "anna.schmidt@harborboats.example", "trying": "yes"}
    form = form_to(await manager.get(f"/directory/people/{who}"), f"/people/{who}").fields | fields
    async with office.engine.connect() as other, other.begin():
        await other.execute(text("SET LOCAL deadlock_timeout = '60s'"))
        await other.execute(text("SELECT FROM person WHERE id = :who FOR UPDATE"), {"who": who})
        change = asyncio.create_task(
            manager.client.post(f"/directory/people/{who}", data=form | {"team": "", "title": ""})
        )
        for _ in range(500):
            if await other.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                break
            await asyncio.sleep(0.02)
        # The change has locked the organisation and waits for the person; now each waits for the other.
        await other.execute(text("SELECT FROM desk FOR UPDATE"))
        answer = await change
    assert answer.status_code == 503
    assert "Others are changing the same right now, so nothing was done" in answer.text
    assert int(answer.headers["Retry-After"]) <= 5
    again = await manager.client.post(f"/directory/people/{who}", data=form | {"team": "", "title": ""})
    assert again.status_code == 200
    assert "Nothing is saved yet" in again.text


async def test_metrics_count_by_route_never_by_address(office: Office) -> None:
    async with visitor(office.app) as client:
        assert (await client.get("/readyz")).json() == {"status": "ready", "database": "ok"}
        await client.get("/c/a-secret-token")
        figures = (await client.get("/metrics")).text
    assert 'muster_http_requests_total{method="GET",route="/c/{token}",status="404"} 1.0' in figures
    assert "a-secret-token" not in figures


async def test_metrics_count_the_rows_removed_at_their_age(office: Office, database: AsyncEngine) -> None:
    async with database.begin() as conn:
        await count_removed(conn, "sessions", 3)
        await count_removed(conn, "sessions", 4)
    async with visitor(office.app) as client:
        assert 'muster_removed_total{what="sessions"} 7.0' in (await client.get("/metrics")).text


async def test_static_files_are_cached_for_a_year(office: Office) -> None:
    async with visitor(office.app) as client:
        first = await client.get(asset_url("app.css"))
        assert "max-age=31536000" in first.headers["Cache-Control"]
        assert first.headers["Content-Encoding"] == "gzip"
        assert "@import" not in first.text
        again = await client.get("/static/app.css", headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        plain = await client.get("/static/app.css", headers={"Accept-Encoding": "identity"})
        assert plain.headers["Cache-Control"] == "no-cache"
        assert plain.content == first.content
        for wrong in ("/static/nothing.css", "/static/../app.py", "/static/%2e%2e/app.py"):
            assert (await client.get(wrong)).status_code == 404


async def test_the_embedded_stack_shows_its_mail_and_its_room(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    letter = "To: mira@example.com\nFrom: support@example.com\nSubject: <b>Hi</b>\n\nSee http://127.0.0.1:8700/c/x\n"
    (tmp_path / "mail" / "1790000000000000000-1.eml").write_text(letter)
    app = create_app(Settings(database_url=database_url, embedded=True, home=tmp_path))
    async with app.router.lifespan_context(app), visitor(app) as client:
        assert "&lt;b&gt;Hi&lt;/b&gt;" in (await client.get("/dev/mail")).text
        (mail,) = (await client.get("/dev/mail.json")).json()
        assert mail["links"] == ["http://127.0.0.1:8700/c/x"]
        opened = await client.get(f"/dev/mail/{mail['id']}")
        assert 'href="http://127.0.0.1:8700/c/x"' in opened.text
        assert (await client.get("/dev/mail/nothing")).status_code == 404


@pytest.mark.parametrize(
    ("public", "name"), [("https://calls.example", "__Host-muster"), ("http://calls.example", "muster")]
)
async def test_with_https_the_cookie_is_bound_to_its_host(database_url: str, public: str, name: str) -> None:
    settings = Settings(
        database_url=database_url, public_url=public, secret_key=SecretStr("a secret of thirty-two characters")
    )
    app = create_app(settings)
    async with app.router.lifespan_context(app), visitor(app, Cookie=f"{name}=nobody") as client:
        answer = await client.get("/desk")
        assert answer.status_code == 303
        assert ("Strict-Transport-Security" in answer.headers) == public.startswith("https")
