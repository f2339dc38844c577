"""Fixtures: one stack, one Chromium, and a separate browser for each person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.house import House
from tests.browser.looking import ROOT
from tests.chromium import executable
from tests.cli.running import Stack, running_stack

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--mute-audio"),
    # Real calls run in networks of their own (tests/calls); these browsers look for no way to each other.
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
]
QUICK = ROOT / "examples/quick.rules"
USUAL = ROOT / "examples/small_team.rules"
FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in terminalreporter.config.stash[FIGURES]:
        terminalreporter.write_line(line)


@pytest.fixture
def figures(pytestconfig: pytest.Config) -> list[str]:
    """Lines to print after the tests."""
    return pytestconfig.stash[FIGURES]


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The example team with short times."""
    folder = tmp_path_factory.mktemp("browser") / "home"
    starting = running_stack(folder, options=(f"--rules={QUICK}",))
    stack = await asyncio.to_thread(starting.__enter__)
    yield stack
    await asyncio.to_thread(starting.__exit__, None, None, None)


@pytest.fixture
def usual_rules(stack: Stack) -> Iterator[None]:
    """The example team with its usual times, for one test."""
    publish(stack, USUAL)
    yield
    publish(stack, QUICK)


def publish(stack: Stack, rules: Path) -> None:
    seeded = stack.muster("seed", f"--rules={rules}", "--always-on-duty", "--quiet")
    assert seeded.returncode == 0, seeded.stderr


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def house(stack: Stack, chromium: Browser) -> AsyncIterator[House]:
    """Everybody's browsers in one test. At its end, no browser may have complaints."""
    house = House(stack, chromium)
    yield house
    broken = [complaint for visitor in house.visitors for complaint in await visitor.broken()]
    for visitor in house.visitors:
        await visitor.close()
    assert broken == []
