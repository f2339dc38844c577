"""One person's browser, and its complaints."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

ZONE = "Europe/Copenhagen"
DESK = (1280, 900)
PHONE = (390, 844)
PATIENCE = 15_000
"""Milliseconds that anything on a page may take, on a machine that has other things to do."""

WATCH = (
    "window.broken = []; "
    "document.addEventListener('securitypolicyviolation', e => broken.push(`${e.violatedDirective} ${e.blockedURI}`));"
)


@dataclass
class Visitor:
    """``complaints`` are errors of pages, violations of the content policy, and requests to other hosts."""

    base: str
    context: BrowserContext
    page: Page
    scripts: bool
    twin: Visitor | None = None
    """With scripts, for looking at the pages of a browser that runs none."""
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.context.on("console", self._said)
        self.context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        self.context.on("request", self._asked)
        self.context.on("response", self._answered)

    async def broken(self) -> list[str]:
        """All complaints, including those about the content policy."""
        found = list(self.complaints)
        if self.scripts:
            for page in self.context.pages:
                found += await page.evaluate("window.broken || []")
        return found + (await self.twin.broken() if self.twin else [])

    async def close(self) -> None:
        if self.twin:
            await self.twin.close()
        await self.context.close()

    def _said(self, message: ConsoleMessage) -> None:
        # The browser's console reports every refused form; ``_answered`` decides which are errors.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        there, here = urlsplit(request.url), urlsplit(self.base)
        if there.scheme in ("http", "https", "ws", "wss") and there.netloc != here.netloc:
            self.complaints.append(f"another host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and response.request.resource_type != "document"):
            self.complaints.append(f"{response.status}: {response.url}")


async def open_browser(browser: Browser, base: str, *, phone: bool = False, scripts: bool = True) -> Visitor:
    """Opens a new browser with one empty page."""
    width, height = PHONE if phone else DESK
    context = await browser.new_context(
        base_url=base,
        viewport={"width": width, "height": height},
        device_scale_factor=1,
        java_script_enabled=scripts,
        timezone_id=ZONE,
        locale="en-GB",
        reduced_motion="reduce",
        color_scheme="light",
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(PATIENCE)
    await context.add_init_script(WATCH)
    visitor = Visitor(base, context, await context.new_page(), scripts)
    visitor.listen()
    if not scripts:
        visitor.twin = await open_browser(browser, base, phone=phone)
    return visitor
