"""The README's screenshots: taken by the browser tests, reduced and stored in docs/images by ``make images``."""

from __future__ import annotations

import base64
import struct
import sys
import zlib
from typing import Any

from playwright.async_api import Page
from playwright.sync_api import sync_playwright

from tests.browser.looking import PICTURES, ROOT
from tests.chromium import executable

TAKEN = PICTURES / "docs"
KEPT = ROOT / "docs/images"
LARGEST = 120_000
"""Bytes of one picture."""
NAMES = ("desk-offer", "book-on-a-phone", "story")

_REDUCE = """async (png) => {
  const image = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
  const paper = new OffscreenCanvas(image.width, image.height).getContext("2d");
  paper.drawImage(image, 0, 0);
  const dots = new Uint32Array(paper.getImageData(0, 0, image.width, image.height).data.buffer);
  const often = new Map();
  for (const dot of dots) often.set(dot, (often.get(dot) || 0) + 1);
  const palette = [...often].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([dot]) => dot);
  const parts = (dot) => [dot & 255, (dot >> 8) & 255, (dot >> 16) & 255];
  const known = new Map(palette.map((dot, index) => [dot, index]));
  const nearest = (dot) => {
    const [r, g, b] = parts(dot);
    const far = palette.map((other) => parts(other)).map(([x, y, z]) => (x - r) ** 2 + (y - g) ** 2 + (z - b) ** 2);
    return far.indexOf(Math.min(...far));
  };
  const indices = [...dots].map((dot) => known.get(dot) ?? (known.set(dot, nearest(dot)), known.get(dot)));
  return {width: image.width, height: image.height, palette: palette.flatMap(parts), indices};
}"""
"""The 256 most frequent colours, and for each dot the nearest of them."""


async def picture(page: Page, name: str, width: int, height: int) -> None:
    """A screenshot in a window of this size with the light colour scheme."""
    before = page.viewport_size
    assert before is not None
    await page.set_viewport_size({"width": width, "height": height})
    await page.evaluate("scrollTo(0, 0)")
    await page.mouse.move(0, 0)
    await page.screenshot(path=TAKEN / f"{name}.png")
    await page.set_viewport_size(before)


def as_png(width: int, height: int, palette: list[int], indices: list[int]) -> bytes:
    """An image of at most 256 colours; see the PNG specification, third edition, sections 5 and 11."""
    dots = bytes(indices)
    rows = b"".join(b"\0" + dots[at : at + width] for at in range(0, width * height, width))
    header = struct.pack(">2I5B", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", bytes(palette)), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def main() -> int:
    """Copies the latest screenshots to where the README shows them."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        page = browser.new_page()
        for name in NAMES:
            taken = base64.b64encode((TAKEN / f"{name}.png").read_bytes()).decode()
            reduced: dict[str, Any] = page.evaluate(_REDUCE, taken)
            small = as_png(**reduced)
            if len(small) > LARGEST:
                sys.stderr.write(f"{name}.png would have {len(small)} bytes, more than {LARGEST}\n")
                return 1
            (KEPT / f"{name}.png").write_bytes(small)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
