"""Checks a page: no complaints from axe, nothing wider than the screen; keeps screenshots."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Page

from tests.browser.visitor import DESK, PHONE, Visitor

ROOT = Path(__file__).parents[2]
AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text()
PICTURES = Path(os.environ.get("MUSTER_ARTEFACTS", ROOT / "artefacts")) / "browser"
SCHEMES = ("light", "dark")

_JUDGE = "axe.run({resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))"
_TOO_WIDE = (
    "document.documentElement.scrollWidth > innerWidth && "
    "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth)"
    ".map(e => e.outerHTML.slice(0, 90)).slice(0, 3)"
)


async def look(visitor: Visitor, name: str, page: Page | None = None) -> None:
    """Look at the page that a visitor has open, in light and dark, on a desk and on a phone.

    A browser without scripts can't run axe: its page is opened by its twin, at the same address.
    """
    shown = page or visitor.page
    size = shown.viewport_size
    assert size is not None
    judged = shown
    if visitor.twin is not None:
        judged = visitor.twin.page
        await judged.context.add_cookies(await visitor.context.cookies())  # type: ignore[arg-type]  # its own words
        await judged.goto(shown.url)
    await judged.evaluate(AXE)
    for width, height in (DESK, PHONE):
        for scheme in SCHEMES:
            await _at(shown, width, height, scheme)
            await shown.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True)
            await _at(judged, width, height, scheme)
            found = await judged.evaluate(_JUDGE)
            assert found == [], (name, width, scheme, found)
        assert not (wide := await judged.evaluate(_TOO_WIDE)), (name, width, wide)
    await _at(shown, size["width"], size["height"], "light")
    if judged is not shown:
        # A page that is left open would load itself when it changes, in the middle of the next look.
        await judged.goto("about:blank")


async def _at(page: Page, width: int, height: int, scheme: str) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
