"""The README's pictures: taken by the journeys, and kept in docs/images by ``make images``."""

from __future__ import annotations

import shutil
import sys

from playwright.async_api import Page

from tests.browser.looking import PICTURES, ROOT

KEPT = ROOT / "docs/images"
LARGEST = 120_000
"""Bytes of one picture."""
NAMES = ("desk-offer", "book-on-a-phone", "story")


async def picture(page: Page, name: str, width: int, height: int) -> None:
    """What stands in a window of this size, in the light."""
    before = page.viewport_size
    assert before is not None
    await page.set_viewport_size({"width": width, "height": height})
    await page.evaluate("scrollTo(0, 0)")
    await page.mouse.move(0, 0)
    await page.screenshot(path=PICTURES / "docs" / f"{name}.png")
    await page.set_viewport_size(before)


def main() -> int:
    """Put the pictures of the last journey where the README shows them."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        taken = PICTURES / "docs" / f"{name}.png"
        if not taken.exists() or taken.stat().st_size > LARGEST:
            sys.stderr.write(f"{taken} is missing or larger than {LARGEST} bytes; the journeys take it\n")
            return 1
        shutil.copyfile(taken, KEPT / taken.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
