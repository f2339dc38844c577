"""Browsers with fake cameras and microphones, each in its person's network."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
from playwright.async_api import Browser, BrowserContext, Page, Playwright, expect

from tests.calls.network import CallNetwork
from tests.chromium import executable

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"),
    *("--use-fake-device-for-media-stream", "--mute-audio"),
    # Two pages on one machine have no name service for each other's hidden addresses.
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)
RELAYED = """
const Direct = RTCPeerConnection;
window.RTCPeerConnection = class extends Direct {
  constructor(options) { super({...options, iceTransportPolicy: "relay"}); }
  setConfiguration(options) { super.setConfiguration({...options, iceTransportPolicy: "relay"}); }
};
"""
"""Lets a page connect through a relay alone."""
WATCHED = """
const Plain = RTCPeerConnection;
window.connections = [];
window.RTCPeerConnection = class extends Plain {
  constructor(...options) { super(...options); window.connections.push(this); }
};
"""
"""Lets a test read a page's connections."""
_HEARS = """async () => {
  const last = window.connections.filter((one) => one.connectionState === "connected").pop();
  if (!last) return null;
  const found = {audio: 0, video: 0, level: 0, energy: 0, way: "", id: window.connections.indexOf(last)};
  const reports = await last.getStats();
  for (const report of reports.values()) {
    if (report.type === "inbound-rtp") found[report.kind] += report.bytesReceived;
    if (report.type === "inbound-rtp" && report.kind === "audio") found.energy += report.totalAudioEnergy || 0;
    if (report.type === "candidate-pair" && report.nominated) {
      found.way = reports.get(report.localCandidateId)?.candidateType ?? "";
    }
  }
  return found;
}"""


GRANTED = "--use-fake-ui-for-media-stream"
"""Camera, microphone and screen are granted without a question; otherwise they are denied."""


async def launch(
    playwright: Playwright, folder: Path, network: CallNetwork, namespace: str, *flags: str, granted: bool = True
) -> Browser:
    """A Chromium in this namespace, whose person allows the use of camera and microphone, or denies it."""
    path = executable() or playwright.chromium.executable_path
    secure = f"--unsafely-treat-insecure-origin-as-secure={network.customer_url}"
    return await playwright.chromium.launch(
        executable_path=network.program(folder, namespace, path),
        args=[*FLAGS, secure, *flags, *([GRANTED] if granted else [])],
    )


@contextlib.asynccontextmanager
async def talker(browser: Browser, url: str, *, phone: bool = False, relayed: bool = False) -> AsyncIterator[Page]:
    """A page in a context of its own, at this base address."""
    size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 900}
    context: BrowserContext = await browser.new_context(base_url=url, viewport=size)  # type: ignore[arg-type]
    await context.add_init_script(WATCHED)
    if relayed:
        await context.add_init_script(RELAYED)
    try:
        yield await context.new_page()
    finally:
        with contextlib.suppress(Exception):
            await context.close()


async def becomes(page: Page, state: str, within: float = 20) -> None:
    """Wait until the call's page is in this state."""
    await expect(page.locator(f"#call[data-call={state}]")).to_be_attached(timeout=1000 * within)


async def heard(page: Page) -> dict[str, Any] | None:
    """What has arrived at this page over its connection; None if it has none."""
    found: dict[str, Any] | None = await page.evaluate(_HEARS)
    return found


def kill_browsers(network: CallNetwork) -> None:
    """SIGKILL every Chromium in the agent's network: no page of theirs can say goodbye."""
    found = subprocess.run(["ip", "netns", "pids", network.agent], capture_output=True, text=True, check=True)
    for pid in map(int, found.stdout.split()):
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            if "chrom" in psutil.Process(pid).name():
                os.kill(pid, signal.SIGKILL)
