"""The rules editor in a browser: diagnostics under their lines, quick fixes, completions, drafts, keyboard."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
import uvicorn
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect
from sqlalchemy.ext.asyncio import AsyncEngine

from rules_dsl.editor.meanings import MEANINGS
from tests.chromium import executable
from tests.servers import free_port
from tests.web.desk.test_desk_browser import AXE, FLAGS, WATCH, server_is_up
from tests.web.office import RULES, open_office

PICTURES = Path(os.environ.get("MUSTER_ARTEFACTS", "artefacts"))
WRONG = RULES.replace('send to team "Office"', 'send to team "Offise"  # ⛵').replace(
    "longest idle\n\nrule", "idle\n\nrule"
)
CONTRAST = 4.5
_JUDGE = "axe.run({resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))"
_CONTRASTS = """() => {
  const linear = v => v / 255 <= .03928 ? v / 3294.6 : ((v / 255 + .055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = c.map(linear);
    return .2126 * r + .7152 * g + .0722 * b };
  const read = c => c.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const ground = light(read(getComputedStyle(document.querySelector('.cm-editor')).backgroundColor));
  const found = {};
  for (const kind of ['heading', 'keyword', 'string', 'atom', 'number', 'comment', 'propertyName']) {
    const ink = light(read(getComputedStyle(document.querySelector(`.tok-${kind}`)).color));
    found[kind] = (Math.max(ink, ground) + .05) / (Math.min(ink, ground) + .05);
  }
  return found;
}"""


@dataclass
class Editor:
    browser: Browser
    base: str
    signed: str
    complaints: list[str]

    async def open(self, *, scripts: bool = True) -> Page:
        context = await self.browser.new_context(
            base_url=self.base,
            viewport={"width": 1280, "height": 900},
            reduced_motion="reduce",
            java_script_enabled=scripts,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(10_000)
        await context.add_init_script(WATCH)
        await context.add_cookies([{"name": "muster", "value": self.signed, "url": self.base}])
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._said)
        await page.goto("/rules/edit")
        return page

    def _said(self, diagnostic: ConsoleMessage) -> None:
        if diagnostic.type in ("error", "warning"):
            self.complaints.append(diagnostic.text)


@pytest.fixture
async def editor(database: AsyncEngine, database_url: str) -> AsyncIterator[Editor]:
    async with open_office(database, database_url) as office, async_playwright() as playwright:
        signed = (await office.browser("Marta Manager")).client.headers["cookie"].partition("=")[2]
        port = free_port()
        config = uvicorn.Config(office.app, host="127.0.0.1", port=port, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve())
        await server_is_up(port)
        browser = await playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        opened = Editor(browser, f"http://127.0.0.1:{port}", signed, [])
        yield opened
        for context in browser.contexts:
            for page in context.pages:
                opened.complaints += await page.evaluate("window.broken || []")
        await browser.close()
        office.app.state.live.hush()
        server.should_exit = True
        await task
        assert opened.complaints == []


async def write(page: Page, text: str) -> None:
    """Replaces the whole text by pasting."""
    await page.focus(".cm-content")
    await page.keyboard.press("Control+a")
    await page.evaluate("text => navigator.clipboard.writeText(text)", text)
    await page.keyboard.press("Control+v")


async def text_of(page: Page) -> str:
    """The text that the form would send."""
    return await page.locator("#text").input_value()


async def look(page: Page, name: str, *ways: tuple[int, Literal["light", "dark"]]) -> None:
    """Checks with axe, and for width, at this size and colour scheme; keeps screenshots."""
    await page.evaluate(AXE)
    for width, scheme in ways:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme)
        await page.screenshot(path=PICTURES / f"editor-{name}-{width}-{scheme}.png", full_page=True)
        assert await page.evaluate(_JUDGE) == [], (name, width, scheme)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
    await page.set_viewport_size({"width": 1280, "height": 900})


async def test_the_editor_helps_saves_drafts_and_never_traps_the_keyboard(editor: Editor) -> None:
    """Uses one page for everything, because opening a page takes longer than all checks."""
    page = await editor.open()
    await writing_is_helped_at_every_line(page)
    await write(page, RULES)
    await expect(page.locator(".cm-said")).to_have_count(0)
    await the_keyboard_gets_in_and_out(page)
    await page.reload()
    await the_picture_follows_the_sample_and_the_draft(page)
    await a_draft_outlives_a_reload(page)
    await without_scripts_the_text_field_does_it_all(await editor.open(scripts=False))


async def writing_is_helped_at_every_line(page: Page) -> None:
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        await page.emulate_media(color_scheme=scheme)
        contrasts = await page.evaluate(_CONTRASTS)
        assert {kind: ratio for kind, ratio in contrasts.items() if ratio < CONTRAST} == {}, scheme

    await write(page, WRONG)
    listed = page.locator("#messages li[data-message]")
    await expect(listed).to_have_count(2)
    await expect(page.locator(".cm-lintRange-error").first).to_have_text('"Offise"')
    await expect(page.locator(".cm-said").first).to_contain_text("R201 unknown team `Offise`")
    await look(page, "messages", (1280, "light"), (390, "dark"))

    # The diagnostic is read out, fixed by the keyboard, and the list follows.
    await page.focus(".cm-content")
    await page.keyboard.press("Control+Home")
    await page.keyboard.press("F8")
    await expect(page.locator(".cm-announced")).to_contain_text("Line 24, error R201")
    await page.keyboard.press("Control+.")
    assert 'send to team "Office"  # ⛵' in await text_of(page)
    await expect(listed).to_have_count(1)
    await page.keyboard.press("Control+z")
    assert await text_of(page) == WRONG
    await expect(listed).to_have_count(2)
    await expect(listed.get_by_role("button", name='Write "Office"')).to_have_count(1)
    await page.locator(".cm-said").get_by_role("button", name='Write "Office"').click()
    await expect(listed).to_have_count(1)
    await page.get_by_role("link", name="Go to line 25").click()
    assert "order by idle" in await page.evaluate("getSelection().toString()")

    # A sail emoji above is one character to the server and two to the browser.
    await page.keyboard.press("End")
    await page.keyboard.press("Enter")
    below = await page.locator(".cm-said").evaluate("box => box.previousElementSibling.textContent")
    assert below.strip() == "order by idle"
    await page.keyboard.type('if nobody in 3 minutes, widen to team "Sup')
    option = page.get_by_role("option", name="Support")
    await expect(option).to_be_visible()
    await page.screenshot(path=PICTURES / "editor-completion.png")
    await page.keyboard.press("Enter")
    assert 'idle\n  if nobody in 3 minutes, widen to team "Support"\n' in await text_of(page)
    await what_a_phrase_means_is_told(page)


async def what_a_phrase_means_is_told(page: Page) -> None:
    """The meaning is shown beside the phrase and read out with it; names of the directory have none."""
    info, option = page.locator(".cm-completionInfo"), page.get_by_role("option", name="order by")
    await page.keyboard.press("Enter")
    for width in (390, 1280):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.keyboard.type("ord")
        await expect(info).to_have_text(MEANINGS["order by"])
        await expect(info).to_be_in_viewport(ratio=0.99)
        assert await option.get_attribute("aria-describedby") == await info.get_attribute("id")
        await page.screenshot(path=PICTURES / f"editor-meaning-{width}.png")
        await page.keyboard.press("Escape")
        await expect(info).to_have_count(0)
        for _ in "ord":
            await page.keyboard.press("Backspace")
    await page.keyboard.type("order by longest idle")
    await page.keyboard.press("Enter")
    await page.keyboard.type('send to team "Sup')
    await expect(page.get_by_role("option", name="Support")).to_be_visible()
    await expect(info).to_have_count(0)
    await page.keyboard.press("Escape")


async def the_keyboard_gets_in_and_out(page: Page) -> None:
    await page.focus("[data-format]")
    await page.keyboard.press("Tab")
    content = page.locator(".cm-content")
    await expect(content).to_be_focused()
    await expect(content).to_have_attribute("aria-label", "The rules")
    described = await content.get_attribute("aria-describedby")
    assert "Escape then Tab leaves" in await page.locator(f"#{described}").inner_text()
    await page.keyboard.press("Tab")
    await expect(content).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("Reason for this change")).to_be_focused()

    await page.focus(".cm-content")
    await page.keyboard.press("Control+f")
    await expect(page.get_by_role("textbox", name="Find")).to_be_focused()
    assert await page.evaluate(_JUDGE) == []
    await page.keyboard.press("Escape")
    await expect(content).to_be_focused()

    await page.keyboard.press("Shift+Alt+f")
    await expect(page.locator("#editor-said")).to_have_text("Tidied up.")
    assert await text_of(page) == RULES


async def the_picture_follows_the_sample_and_the_draft(page: Page) -> None:
    await page.get_by_text("Try another escalation or time").click()
    await page.get_by_label("Product area").select_option("billing")
    await page.get_by_label("leave empty for the current time").fill("2026-11-25T10:00")
    tried = page.locator("#tried")
    await expect(tried).to_contain_text('By rule "Invoices"')
    await expect(page.locator("#heard")).to_contain_text('By rule "Invoices"')
    await page.get_by_label("Replies").fill("many")
    await page.get_by_label("Replies").press("Tab")
    await expect(page.get_by_text("expected a whole number")).to_be_visible()
    await expect(page.get_by_label("Reopened")).to_be_focused()
    await page.get_by_label("Replies").fill("7")
    await page.get_by_label("Replies").press("Tab")
    await expect(page.get_by_text("expected a whole number")).to_be_hidden()
    await page.get_by_label("Start from an example").select_option(index=1)
    await expect(tried).to_contain_text('By rule "Engine stopped at sea"')
    await page.get_by_label("Start from an example").select_option(index=2)
    await expect(page.get_by_label("Product area")).to_have_value("billing")
    await expect(tried).to_contain_text("1 × Bookkeeper, Office")
    wider = 'send to team "Office"\n  if nobody in 2 minutes, widen to team "Support", title "Advisor"'
    await write(page, RULES.replace('send to team "Office"', wider))
    await expect(tried).to_contain_text("3 × Advisor, Support")
    await page.get_by_text("The order, and who is left out").click()
    await page.get_by_label("Priority").select_option("high")
    await expect(tried).to_contain_text("priority high")
    await expect(page.get_by_text("Asked first, in this order")).to_be_visible()
    await page.get_by_text("Why this rule, and none above it").click()
    await look(page, "tried", (1280, "dark"), (390, "light"))


async def a_draft_outlives_a_reload(page: Page) -> None:
    changed = await text_of(page)
    await page.reload()
    await expect(page.locator("#draft")).to_contain_text("has been restored")
    assert await text_of(page) == changed
    await page.get_by_label("Reason for this change").press("Enter")
    await expect(page.locator("#messages")).to_contain_text("What changes for whom")
    assert await page.title() == "Edit the rules · Muster"
    await page.get_by_role("button", name="Start over from version 1").click()
    assert await text_of(page) == RULES
    await page.reload()
    await expect(page.locator("#draft")).to_be_hidden()
    await page.evaluate(
        "([person, text]) => localStorage.setItem(`muster:rules:${person}:7`, JSON.stringify({text, at: Date.now()}))",
        [await page.locator("#text").get_attribute("data-person"), "# of old"],
    )
    await page.reload()
    await expect(page.locator("#draft")).to_contain_text("begun on version 7; since then, version 1 has been published")
    assert await text_of(page) == RULES
    await page.get_by_role("button", name="Restore it").click()
    assert await text_of(page) == "# of old"
    await page.reload()
    await page.get_by_role("button", name="Start over from version 1").click()


async def without_scripts_the_text_field_does_it_all(page: Page) -> None:
    field = page.get_by_label("The rules")
    await field.fill(WRONG)
    await page.get_by_role("button", name="Check").click()
    await expect(page.locator("#messages")).to_contain_text("unknown team `Offise`")
    await field.fill(RULES.replace("5 calls", "6 calls"))
    await page.get_by_text("Try another escalation or time").click()
    await page.get_by_label("Product area").select_option("billing")
    await page.get_by_role("button", name="Try it", exact=True).click()
    await expect(page.locator("#tried")).to_contain_text("1 × Bookkeeper, Office")
    await page.get_by_label("Reason for this change").fill("One more a day")
    await page.get_by_role("button", name="Publish to everybody").click()
    await expect(page.get_by_role("status")).to_contain_text("Published")
