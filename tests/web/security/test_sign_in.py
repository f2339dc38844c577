"""Signing in by password and by one-time link, sessions, and the form tokens bound to them."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import psycopg
import pytest
from argon2 import PasswordHasher

from database.stores.access.sessions import renew_sign_in_link, set_password_hash
from tests.web.customers import visitor
from tests.web.forms import form_to
from tests.web.office import Office, office
from web.security.passwords import hash_password
from web.security.rate_limit import FAILURES_A_MINUTE, SIGN_INS_A_MINUTE

__all__ = ["office"]

ADMIN, ADDRESS, PASSWORD = "Ada Admin", "admin@harborboats.example", "correct horse battery"


async def sign_in_by_form(client: httpx.AsyncClient, email: str, password: str, **more: str) -> httpx.Response:
    fields = form_to((await client.get("/sign-in")).text, "/sign-in").fields
    return await client.post("/sign-in", data=fields | {"email": email, "password": password} | more)


async def give_password(office: Office, name: str = ADMIN) -> None:
    async with office.engine.begin() as conn:
        await set_password_hash(conn, office.people[name], await hash_password(PASSWORD))


async def link_for(office: Office, lasts: timedelta = timedelta(hours=1)) -> str:
    async with office.engine.begin() as conn:
        token = await renew_sign_in_link(conn, office.people[ADMIN], datetime.now(UTC) + lasts)
    return f"/sign-in/{token}"


async def test_a_password_signs_in_and_continues_to_the_page(office: Office) -> None:
    await give_password(office)
    async with visitor(office.app) as client:
        answer = await sign_in_by_form(client, ADDRESS.upper(), PASSWORD, to="/admin/audit")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/audit")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert (await client.get("/admin/audit")).status_code == 200


async def test_signing_in_asks_nobody_but_the_database(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other provider and no mail server: whichever of them is down, people sign in. (The database's driver connects
    on its own.)
    """
    await give_password(office)
    link = await link_for(office)

    def refuse(_: socket.socket, address: object) -> None:
        raise ConnectionRefusedError(f"asked {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    async with visitor(office.app) as client:
        assert (await sign_in_by_form(client, ADDRESS, PASSWORD)).status_code == 303
    async with visitor(office.app) as client:
        form = form_to((await client.get(link)).text)
        assert (await client.post(link, data=form.fields)).status_code == 303
        assert (await client.get("/admin/audit")).status_code == 200


@pytest.mark.parametrize(
    ("email", "password"),
    [(ADDRESS, "wrong"), (ADDRESS, ""), ("nobody@example.com", PASSWORD), ("ops@harborboats.example", "")],
)
async def test_all_wrong_passwords_are_refused_in_the_same_way(office: Office, email: str, password: str) -> None:
    """Unknown, wrong, empty, and somebody who has no password."""
    await give_password(office)
    async with visitor(office.app) as client:
        answer = await sign_in_by_form(client, email, password)
        assert answer.status_code == 401
        assert "don&#39;t match. Check both, or ask an administrator for a sign-in link.</p>" in answer.text
        assert f'value="{email}"' in answer.text, "what was typed stays"
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "/\nx"])
async def test_sign_in_never_redirects_to_another_site(office: Office, to: str) -> None:
    await give_password(office)
    async with visitor(office.app) as client:
        answer = await sign_in_by_form(client, ADDRESS, PASSWORD, to=to)
        assert answer.headers["Location"] == "/"


async def test_a_link_signs_in_once_and_viewing_does_not_use_it_up(office: Office) -> None:
    address = await link_for(office)
    async with visitor(office.app) as scanner:
        for _ in range(3):
            assert (await scanner.get(address)).status_code == 200
            assert (await scanner.head(address)).status_code == 200
    async with visitor(office.app) as client:
        fields = form_to((await client.get(address)).text).fields
        assert (await client.post(address, data=fields)).status_code == 303
        assert (await client.get("/admin")).status_code == 200
        again = await client.post(address, data=fields)
        assert again.status_code == 303, "the second of a double click"
    async with visitor(office.app) as other:
        assert (await other.post(address, data=fields)).status_code == 410
        assert (await other.get(address)).status_code == 410


async def test_an_expired_and_an_unknown_link(office: Office) -> None:
    async with visitor(office.app) as client:
        assert (await client.get(await link_for(office, timedelta(seconds=-1)))).status_code == 410
        assert (await client.get("/sign-in/nothing")).status_code == 404


async def test_signing_out_ends_the_session_immediately(office: Office) -> None:
    browser = await office.browser(ADMIN)
    answer = await browser.post("/sign-out", "/admin")
    assert answer.status_code == 303
    assert (await browser.client.get("/admin")).status_code == 303


async def test_a_new_password_ends_every_session(office: Office) -> None:
    browser = await office.browser(ADMIN)
    await give_password(office)
    assert (await browser.client.get("/admin")).status_code == 303


async def test_a_new_password_ends_every_unused_sign_in_link(office: Office) -> None:
    address = await link_for(office)
    async with visitor(office.app) as client:
        fields = form_to((await client.get(address)).text).fields
        admin, number = await office.browser("Ada Admin"), office.people[ADMIN]
        said = await admin.post(f"/admin/people/{number}/password", "/admin", password=PASSWORD)
        assert "Open sessions and unused sign-in links have ended" in said.text
        assert (await client.get(address)).status_code == 404
        assert (await client.post(address, data=fields)).status_code == 404
        assert (await client.get("/admin")).status_code == 303, "nobody was signed in by it"


async def test_a_password_changed_during_its_check_signs_nobody_in(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await give_password(office)
    newer, checked = await hash_password("another horse battery"), PasswordHasher.verify

    def verify(hasher: PasswordHasher, hashed: str, password: str) -> bool:
        fits = checked(hasher, hashed, password)
        with psycopg.connect(office.engine.url.render_as_string(False).replace("+psycopg", "")) as conn:
            conn.execute("UPDATE person SET password_hash = %s WHERE email = %s", (newer, ADDRESS))
        return fits

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    async with visitor(office.app) as client:
        assert (await sign_in_by_form(client, ADDRESS, PASSWORD)).status_code == 401
        assert (await client.get("/admin")).status_code == 303


async def test_the_session_changes_at_sign_in(office: Office) -> None:
    await give_password(office)
    browser = await office.browser(ADMIN)
    old = browser.client.headers.pop("Cookie")
    async with visitor(office.app) as client:
        client.headers["Cookie"] = old
        page = form_to(await browser_page(browser.client, old), "/sign-out").fields
        assert (await client.post("/sign-in", data=page | {"email": ADDRESS, "password": PASSWORD})).status_code == 303
        assert (await client.get("/admin")).status_code == 303, "the former session has ended"


async def browser_page(client: httpx.AsyncClient, cookie: str) -> str:
    return (await client.get("/admin", headers={"Cookie": cookie})).text


async def test_guessing_is_slowed_down(office: Office, clock: list[float]) -> None:
    right = await link_for(office)
    async with visitor(office.app) as client:
        answers = [await client.get("/c/guess") for _ in range(FAILURES_A_MINUTE + 2)]
        assert [answer.status_code for answer in answers] == [404] * FAILURES_A_MINUTE + [429] * 2
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert (await client.get(right)).status_code == 200, "a right link is never refused"


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry per hashed password: how many were being hashed when it began."""
    running: list[int] = []
    at_once: list[int] = []
    real = PasswordHasher.verify

    def verify(hasher: PasswordHasher, hashed: str, password: str) -> bool:
        running.append(1)
        at_once.append(len(running))
        try:
            return real(hasher, hashed, password)
        finally:
            running.pop()

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    return at_once


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The limits' clock in seconds, moved by the test alone."""
    told = [1_000_000.0]
    standing = SimpleNamespace(time=lambda: told[0])
    monkeypatch.setattr("limits.storage.memory.time", standing)
    monkeypatch.setattr("web.security.rate_limit.time", standing)
    return told


def from_address(office: Office, last: int) -> httpx.AsyncClient:
    """A browser with an address of its own, from those that RFC 5737 reserves for documentation."""
    transport = httpx.ASGITransport(office.app, raise_app_exceptions=False, client=(f"192.0.2.{last}", 1))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700")


async def test_attempts_from_one_address_count_before_hashing(
    office: Office, clock: list[float], hashing: list[int]
) -> None:
    async with visitor(office.app) as client:
        fields = form_to((await client.get("/sign-in")).text, "/sign-in").fields
        each = (fields | {"email": f"{nth}@harborboats.example", "password": "wrong"} for nth in range(80))
        answers = await asyncio.gather(*(client.post("/sign-in", data=one) for one in each))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(429) == 80 - FAILURES_A_MINUTE
    assert set(statuses) <= {401, 429, 503}, "on a busy machine some are given up"
    assert 0 < statuses.count(401) <= len(hashing) <= FAILURES_A_MINUTE
    assert max(hashing) <= 2


async def test_attempts_on_one_account_count_from_any_address(office: Office, clock: list[float]) -> None:
    await give_password(office)
    answers = []
    for nth in range(SIGN_INS_A_MINUTE + 2):
        async with from_address(office, nth) as client:
            address = f" {ADDRESS.upper()}" if nth % 2 else ADDRESS
            answers.append(await sign_in_by_form(client, address, "wrong"))
    assert [answer.status_code for answer in answers] == [401] * SIGN_INS_A_MINUTE + [429] * 2
    assert answers[-1].headers["Retry-After"] == "60"
    assert "Too many tries. Please wait 60 seconds and try again.</p>" in answers[-1].text
    assert f'value="{ADDRESS}"' in answers[-2].text, "what was typed stays"
    clock[0] += 59
    async with from_address(office, 199) as client:
        assert (await sign_in_by_form(client, ADDRESS, PASSWORD)).status_code == 429
    clock[0] += 1
    async with from_address(office, 200) as client:
        assert (await sign_in_by_form(client, ADDRESS, PASSWORD)).status_code == 303, "again after a minute"
    async with from_address(office, 201) as client:
        assert (await sign_in_by_form(client, "ops@harborboats.example", "wrong")).status_code == 401
        assert (await client.get(await link_for(office))).status_code == 200, "a link still lets them in"


async def test_successful_sign_ins_never_reach_the_limit(office: Office) -> None:
    await give_password(office)
    for _ in range(SIGN_INS_A_MINUTE + 5):
        async with visitor(office.app) as client:
            assert (await sign_in_by_form(client, ADDRESS, PASSWORD)).status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "http://127.0.0.1:8700"}, 303),
        ({}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
async def test_forms_of_other_sites_are_refused(office: Office, headers: dict[str, str], status: int) -> None:
    browser = await office.browser(ADMIN)
    del browser.client.headers["Sec-Fetch-Site"]
    fields = form_to(await browser.get("/admin"), "/sign-out").fields
    assert (await browser.client.post("/sign-out", data=fields, headers=headers)).status_code == status


async def test_a_form_needs_the_token_of_its_own_session(office: Office) -> None:
    ada, otto = await office.browser(ADMIN), await office.browser("Otto Ops")
    foreign = form_to(await otto.get("/ops"), "/sign-out").fields
    for fields in ({}, {"form_token": ""}, {"form_token": "x" * 43}, {"form_token": "é"}, foreign):
        answer = await ada.client.post("/sign-out", data=fields)
        assert answer.status_code == 403
        assert "out of date" in answer.text
    assert (await ada.client.get("/admin")).status_code == 200


async def test_text_that_cannot_be_stored_is_refused_politely(office: Office) -> None:
    async with visitor(office.app) as client:
        answer = await sign_in_by_form(client, "a\x00b@example.com", PASSWORD)
        assert answer.status_code == 422
        assert "email" in answer.text
        assert (await client.get("/c/%00")).status_code == 404
        assert (await client.get("/c/%ff%fe")).status_code == 404
