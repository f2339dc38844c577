"""Every route by every role, against the access matrix; and the headers of every response."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from domain.sign_in import Role
from tests.web.customers import visitor
from tests.web.office import PEOPLE, Browser, Office, office
from web.security.access_matrix import MATRIX, Open

__all__ = ["office"]

HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ROLES: dict[str, Role] = {"Anna Schmidt": Role.AGENT, **{name: Role(role) for role, name in PEOPLE.items()}}


def routes_of(app: FastAPI) -> set[str]:
    return {
        f"{method} {context.path}"
        for context in iter_route_contexts(app.routes)
        for method in context.methods or ()
        if method != "HEAD"
    }


def address_of(key: str) -> tuple[str, str]:
    """A method, and an address that matches the route but nothing that exists."""
    method, _, path = key.partition(" ")
    path = path.replace("{nth}", "1").replace("{number}", "99").replace("{person_id}", "99999")
    path = re.sub(r"\{(escalation_id|call_id|message_id)\}", "00000000-0000-0000-0000-000000000000", path)
    return method, re.sub(r"\{[^}]+\}", "nothing", path)


async def test_the_matrix_lists_every_route_and_nothing_else(office: Office) -> None:
    written = set(MATRIX) - {"GET /favicon.ico"}
    assert routes_of(office.app) == written


async def test_no_route_has_a_hidden_prefix(office: Office) -> None:
    for context in iter_route_contexts(office.app.routes):
        assert context.path == getattr(context.original_route, "path", None)


async def test_strangers_and_roles_are_let_in_by_the_matrix(office: Office) -> None:
    browsers = {role: await office.browser(name) for name, role in ROLES.items()}
    for key, rule in MATRIX.items():
        if isinstance(rule, Open) or key.endswith("/stream"):
            continue
        method, address = address_of(key)
        async with visitor(office.app) as stranger:
            answer = await stranger.request(method, address)
        assert answer.status_code == (303 if method == "GET" else 401), key
        for role, browser in browsers.items():
            answer = await browser.client.request(method, address)
            refused = "This page isn&#39;t for your role" in answer.text
            assert refused == (role not in rule), (key, role, answer.status_code)
            assert answer.status_code < 500 or "workflow" in key, (key, role, answer.text)


async def test_each_person_of_the_example_has_one_role(office: Office) -> None:
    assert set(ROLES.values()) == set(Role)
    for name, role in ROLES.items():
        browser: Browser = await office.browser(name)
        answer = await browser.client.get("/")
        assert answer.status_code == 303, role


async def test_every_response_has_the_security_headers(office: Office) -> None:
    async with visitor(office.app) as client:
        for key in [*MATRIX, "GET /nowhere", "POST /c/nothing"]:
            method, address = address_of(key)
            answer = await client.request(method, address)
            for name, value in HEADERS.items():
                assert answer.headers[name] == value, (key, name)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            if not address.startswith("/static/"):
                assert answer.headers["Cache-Control"] == "no-store", key


async def test_pages_of_the_embedded_stack_are_not_found_elsewhere(office: Office) -> None:
    async with visitor(office.app) as client:
        for address in ("/dev/mail", "/dev/mail.json", "/dev/mail/1"):
            assert (await client.get(address)).status_code == 404


async def test_pages_hold_no_inline_script_or_style(office: Office) -> None:
    browser = await office.browser("Ada Admin")
    for address in ("/sign-in", "/admin", "/ops", "/rules", "/outcomes"):
        text = (await browser.client.get(address, follow_redirects=True)).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), address
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text), address
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text), address


async def test_a_body_has_at_most_a_megabyte(office: Office) -> None:
    async with visitor(office.app) as client:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        large = await client.post("/sign-in", content=b"email=" + b"x" * 1_000_001, headers=form)
        assert large.status_code == 413

        async def drops() -> AsyncIterator[bytes]:
            for _ in range(20):
                yield b"email=" + b"x" * 100_000

        assert (await client.post("/sign-in", content=drops(), headers=form)).status_code == 413
        assert (await client.get("/healthz")).status_code == 200


async def test_head_is_get_without_a_body(office: Office) -> None:
    async with visitor(office.app) as client:
        answer = await client.head("/sign-in")
        assert (answer.status_code, answer.content) == (200, b"")
