"""The desk in a browser: offers without a reload, correct countdowns, and forms that survive updates."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import BrowserContext, Page, async_playwright, expect
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.rounds.presence import set_presence
from database.tables.directory import presence
from database.tables.escalation import escalation
from domain.rounds.presence import present
from tests.chromium import executable
from tests.servers import free_port
from tests.web.desk_floor import ME, Floor
from tests.web.office import open_office

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
AXE = (Path(__file__).parents[3] / "node_modules/axe-core/axe.min.js").read_text()
PICTURES = Path(os.environ.get("MUSTER_ARTEFACTS", "artefacts"))
WATCH = "window.broken = []; document.addEventListener('securitypolicyviolation', e => broken.push(e.blockedURI));"


@asynccontextmanager
async def served(floor: Floor) -> AsyncIterator[str]:
    port = free_port()
    config = uvicorn.Config(
        floor.office.app, host="127.0.0.1", port=port, log_level="warning", lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await server_is_up(port)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        floor.office.app.state.live.hush()
        server.should_exit = True
        await task


async def server_is_up(port: int) -> None:
    for _ in range(500):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
    raise TimeoutError


class Desk:
    """Miguel's browser."""

    def __init__(self, floor: Floor, context: BrowserContext) -> None:
        self.floor = floor
        self.context = context
        self.errors: list[str] = []

    async def open(self) -> Page:
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        await page.goto("/desk")
        return page

    async def heard_of(self) -> bool:
        async with self.floor.engine.connect() as conn:
            row = (await conn.execute(select(presence))).one()
        return present(row.state, row.seen_at, datetime.now(UTC))


@pytest.fixture
async def desk(database: AsyncEngine, database_url: str) -> AsyncIterator[Desk]:
    async with open_office(database, database_url) as office, async_playwright() as playwright:
        floor = Floor(office)
        await floor.on_shift(ME)
        signed = (await office.browser(ME)).client.headers["cookie"].partition("=")[2]
        async with served(floor) as base:
            browser = await playwright.chromium.launch(executable_path=executable(), args=FLAGS)
            context = await browser.new_context(
                base_url=base, viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
            )
            await context.add_init_script(WATCH)
            await context.add_cookies([{"name": "muster", "value": signed, "url": base}])
            desk = Desk(floor, context)
            yield desk
            broken = [error for page in context.pages for error in await page.evaluate("window.broken")]
            await browser.close()
        assert [*desk.errors, *broken] == []


async def check(page: Page, name: str) -> None:
    """Checks with axe, and for width, in light and dark, wide and narrow; keeps screenshots."""
    await page.evaluate(AXE)
    for width in (1280, 390):
        for scheme in ("light", "dark"):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.emulate_media(color_scheme=scheme)
            await page.screenshot(path=PICTURES / f"desk-{name}-{width}-{scheme}.png", full_page=True)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
            found = await page.evaluate("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))")
            assert found == [], (name, width, scheme)
    await page.set_viewport_size({"width": 1280, "height": 900})


async def test_a_call_comes_to_the_desk_by_itself_and_is_served(desk: Desk) -> None:
    page = await desk.open()
    await check(page, "offline")
    await page.click("text=I’m available")
    await page.wait_for_selector("text=The next one will appear here automatically")
    await check(page, "idle")
    made = await desk.floor.due_call()
    await desk.floor.offer(made, ME)
    await page.wait_for_selector("text=Accept the call")
    assert (await page.title()).startswith("◎ 0:4")
    assert "You have been offered a call: Engine stops at sea" in await page.inner_text("#desk-said")
    await page.click("text=Context: ticket")
    await check(page, "offer")
    await page.click("text=Accept the call")
    await page.wait_for_selector("text=Join the call")
    assert await page.title() == "Desk · Muster"
    await desk.floor.change_call(made, state="on_call", customer_joined_at=datetime.now(UTC))
    await desk.floor.wake(f"escalation:{made.escalation_id}")
    await page.wait_for_selector("text=Mira Olsen joined at")
    await check(page, "call")
    await page.click("text=End the call")
    await page.wait_for_selector("text=Was it solved?")
    await page.fill("textarea", "Tank was empty")
    await page.click("article.wrap-up button[type=submit]")
    await check(page, "wrap-up")
    await desk.floor.change_call(made, state="done")
    await desk.floor.wake(f"person:{desk.floor.people[ME]}")
    await page.wait_for_selector("text=done")


async def test_an_offer_counts_down_correctly_on_a_machine_with_a_wrong_clock(desk: Desk) -> None:
    ahead = "const now = Date.now; Date.now = () => now() + 3600e3; "
    await desk.context.add_init_script(ahead)
    page = await desk.open()
    await page.click("text=I’m available")
    await desk.floor.offer(await desk.floor.due_call(), ME, seconds=3)
    await page.wait_for_selector("text=Accept the call")
    assert await page.inner_text(".countdown") in ("0:03", "0:02")
    await page.wait_for_selector("text=it ran out before it was answered", timeout=20_000)
    assert await page.title() == "Desk · Muster"
    await check(page, "passed")


async def test_typing_survives_updates(desk: Desk) -> None:
    floor = desk.floor
    made = await floor.due_call()
    await floor.offer(made, ME, state="done")
    ended = {"state": "wrapping_up", "person": floor.people[ME], "accepted_at": datetime.now(UTC)}
    await floor.change_call(made, **ended, ended_at=datetime.now(UTC))
    page = await desk.open()
    await page.fill("textarea", "Tank was em")
    await floor.offer(await floor.due_call("Autopilot drifts", ticket="2"), ME)
    await page.wait_for_selector("text=Autopilot drifts")
    await page.keyboard.type("pty")
    assert await page.input_value("textarea") == "Tank was empty"


async def test_an_open_desk_is_present_and_a_closed_one_is_not(desk: Desk) -> None:
    page = await desk.open()
    await page.click("text=I’m available")
    await page.wait_for_selector("text=Available since")
    await desk.floor.change_presence(ME, seen_at=datetime.now(UTC) - timedelta(seconds=30))
    assert not await desk.heard_of()
    await page.wait_for_timeout(6000)
    assert await desk.heard_of()
    await page.close()
    await desk.floor.change_presence(ME, seen_at=datetime.now(UTC) - timedelta(seconds=15))
    await asyncio.sleep(6)
    assert not await desk.heard_of()


async def test_a_desk_without_its_server_says_so_and_reconnects(desk: Desk) -> None:
    page = await desk.open()
    await page.click("text=I’m available")
    await page.wait_for_selector("text=Available since")
    await desk.context.set_offline(True)
    await page.wait_for_selector("text=This desk is not connected", timeout=12_000)
    await desk.context.set_offline(False)
    await page.wait_for_selector("text=This desk is not connected", state="hidden", timeout=12_000)


async def test_the_desk_works_without_scripts(desk: Desk) -> None:
    browser = desk.context.browser
    assert browser is not None
    state = await desk.context.storage_state()
    page = await (await browser.new_context(java_script_enabled=False, storage_state=state)).new_page()
    base = (await desk.open()).url
    await page.goto(base)
    await page.click("text=I’m available")
    await page.wait_for_selector("text=Available")
    await desk.floor.offer(await desk.floor.due_call(), ME)
    await page.click("noscript a")
    await page.click("text=Accept the call")
    await page.click("text=End the call")
    assert await page.is_visible("text=Was it solved?")


async def test_escalating_and_its_refusals_read_well(desk: Desk) -> None:
    page = await desk.open()
    await page.click("text=Escalate a ticket")
    await check(page, "escalate")
    await page.fill("#ticket", "?")
    await page.click("text=Send a booking link")
    await check(page, "escalate-wrong")
    typed = "ticket=9&subject=Mast+creaks&name=Ida+Lund&email=ida@lund.example&priority=high"
    await page.goto(f"/desk/escalate?{typed}")
    await page.click("text=Send a booking link")
    await page.wait_for_selector("text=Waiting for the customer to book")
    await page.click("text=Copy")
    await page.wait_for_selector("text=Copied")
    escalation_id = page.url.rpartition("/")[2]
    async with desk.floor.engine.begin() as conn:
        await conn.execute(update(escalation).values(state="accepted"))
    await desk.floor.wake(f"escalation:{escalation_id}")
    await page.wait_for_selector("text=Somebody has taken the call")
    await page.click("text=Copy")
    await page.wait_for_selector("text=Copied")
    await check(page, "raised")


async def test_accepting_moves_the_focus_to_joining(desk: Desk) -> None:
    await desk.floor.offer(await desk.floor.due_call(), ME)
    page = await desk.open()
    await page.focus("text=Accept the call")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("text=Join the call")
    await expect(page.get_by_text("Join the call")).to_be_focused()


@pytest.mark.parametrize("worker", [True, False])
async def test_the_page_sets_the_interval_of_heartbeats(
    desk: Desk, worker: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.page.BEAT_EVERY", timedelta(milliseconds=200))
    if not worker:
        await desk.context.add_init_script("window.Worker = undefined")
    beats = asyncio.Semaphore(0)
    desk.context.on("request", lambda sent: beats.release() if sent.url.endswith("/heartbeat") else None)
    await desk.open()
    # With a heartbeat every five seconds, this would take more than twenty seconds.
    async with asyncio.timeout(20):
        for _ in range(6):
            await beats.acquire()


@pytest.mark.parametrize(("address", "beat"), [("/desk", "/heartbeat"), ("/shifts/me", "/elsewhere")])
async def test_the_first_sign_of_life_comes_at_once(
    desk: Desk, address: str, beat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.page.BEAT_EVERY", timedelta(hours=1))
    page = await desk.context.new_page()
    async with page.expect_request(lambda sent: sent.url.endswith(beat)):
        await page.goto(address)


async def test_a_page_that_is_not_the_desk_says_that_a_call_is_offered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.page.BEAT_EVERY", timedelta(milliseconds=300))
    page = await desk.context.new_page()
    await page.goto("/shifts/me")
    plain = await page.title()
    await desk.floor.offer(await desk.floor.due_call(), ME)
    await page.wait_for_selector("text=A call is offered to you")
    assert await page.title() == "◎ Engine stops at sea"
    await check(page, "elsewhere")
    await page.click("text=Answer it on your desk")
    await page.click("text=Decline")
    await page.goto("/shifts/me")
    await page.wait_for_selector("[name='seen.offer']", state="attached")
    assert await page.title() == plain


async def test_a_manager_sees_at_once_who_comes_to_their_desk(desk: Desk) -> None:
    marta = (await desk.floor.office.browser("Marta Manager")).client.headers["cookie"].partition("=")[2]
    base = (await desk.open()).url.removesuffix("/desk")
    await desk.context.add_cookies([{"name": "muster", "value": marta, "url": base}])
    page = await desk.open()
    row = page.locator("tr", has_text=ME)
    await expect(row).not_to_contain_text("away: lunch")
    async with desk.floor.engine.begin() as conn:
        await set_presence(conn, desk.floor.people[ME], "away", "lunch", datetime.now(UTC))
    await expect(row).to_contain_text("away: lunch", timeout=15000)


async def test_a_rest_ends_on_the_page_by_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.page.BEAT_EVERY", timedelta(hours=1))
    floor, page = desk.floor, await desk.context.new_page()
    await page.clock.install()
    await page.goto("/desk")
    await page.click("text=I’m available")
    await page.wait_for_selector("text=Available since")
    made, ended = await floor.due_call(), datetime.now(UTC) - timedelta(minutes=1)
    await floor.offer(made, ME, state="done")
    call = {"state": "done", "person": floor.people[ME], "accepted_at": ended, "ended_at": ended}
    await floor.change_call(made, **call, wrapped_up_at=ended)
    await page.reload()
    await page.wait_for_selector("text=Resting")
    await check(page, "resting")
    ended -= timedelta(minutes=9)
    await floor.change_call(made, ended_at=ended, wrapped_up_at=ended)
    await page.clock.fast_forward(10 * 60_000)
    await page.wait_for_selector("text=Available since")
    await page.wait_for_selector("text=No offer right now")
