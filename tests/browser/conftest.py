"""One stack, one Chromium, and a browser of their own for each who takes part."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.house import House
from tests.browser.looking import ROOT
from tests.chromium import executable
from tests.cli.running import Stack, running_stack

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in terminalreporter.config.stash[FIGURES]:
        terminalreporter.write_line(line)


@pytest.fixture
def figures(pytestconfig: pytest.Config) -> list[str]:
    """Lines that are printed after the tests."""
    return pytestconfig.stash[FIGURES]


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """The example team, hurried."""
    folder = tmp_path_factory.mktemp("browser") / "home"
    starting = running_stack(folder, options=(f"--rules={ROOT / 'examples/quick.rules'}",))
    stack = await asyncio.to_thread(starting.__enter__)
    yield stack
    await asyncio.to_thread(starting.__exit__, None, None, None)


@pytest.fixture(scope="session")
def sign_in_links(stack: Stack) -> Mapping[str, str]:
    """By name; each works once in the whole run."""
    people = json.loads(stack.home.credentials.read_text())["people"]
    return {person["name"]: person["sign_in"] for person in people}


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def house(stack: Stack, chromium: Browser, sign_in_links: Mapping[str, str]) -> AsyncIterator[House]:
    """Everybody's browsers in one test; at its end none of them may have had anything to complain of."""
    house = House(stack, chromium, sign_in_links)
    yield house
    broken = [complaint for visitor in house.visitors for complaint in await visitor.broken()]
    for visitor in house.visitors:
        await visitor.close()
    assert broken == []
