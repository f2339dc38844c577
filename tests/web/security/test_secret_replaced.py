"""The secret key is replaced: what was acknowledged stays, and links and sessions of before go on working."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from pydantic import SecretStr

from config.settings import Settings
from tests.web.customers import caller, read_page, visitor
from tests.web.forms import form_to, forms_of
from tests.web.office import Browser, Office, office
from web.app import create_app

__all__ = ["office"]


@asynccontextmanager
async def restarted(office: Office) -> AsyncIterator[Office]:
    """The application with another key, on the same database."""
    url = office.engine.url.render_as_string(hide_password=False)
    app: FastAPI = create_app(Settings(database_url=url, secret_key=SecretStr("another secret, as long as it must be")))
    async with app.router.lifespan_context(app):
        yield Office(app, office.engine, office.people, office.api_token)


async def test_with_another_secret_key_links_and_sessions_go_on_and_a_form_is_loaded_again(office: Office) -> None:
    mira, ops = await caller(office), await office.browser("Otto Ops")
    await mira.book()
    async with visitor(office.app) as client:
        page = (await client.get(mira.address)).text
    async with restarted(office) as after:
        async with visitor(after.app) as client:
            cancel = next(form for form in forms_of(page) if form.action.endswith("/cancel"))
            out_of_date = await client.post(cancel.action, data=cancel.fields | {"sure": "yes"})
            assert (out_of_date.status_code, "reload the page" in out_of_date.text) == (403, True)
            assert (await mira.link()).booking is not None, "what was booked stays booked"
            again = form_to((await client.get(mira.address)).text, cancel.action)
            assert (await client.post(cancel.action, data=again.fields | {"sure": "yes"})).status_code == 303
        later = await caller(after, "2")
        await read_page(after, later.address)
        browser = Browser(visitor(after.app, Cookie=ops.client.headers["Cookie"]))
        assert later.escalation_id in await browser.get("/ops"), "nobody has to sign in again"
