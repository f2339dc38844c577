"""A text with thousands of errors: counted, shown in part, and nobody else has to wait for it."""

from __future__ import annotations

import asyncio
import html
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rules_dsl import check_rules
from tests.rules_dsl.desks import HEAD, directory
from tests.web.office import RULES, Office, office
from web.rules.checked import MOST_DRAWN, MOST_SHOWN, shown
from web.rules.difference import difference

__all__ = ["office"]

LOOP_HELD_AT_MOST = 2.0
"""Processor seconds that the event loop may spend between two of its turns, which the test shares with the web."""


def flooded(names: int) -> str:
    rules = "".join(f'rule "{nth}"\n  when anything\n  send to team "Nobody {nth}"\n' for nth in range(names))
    return f'{HEAD}{rules}otherwise\n  send to team "Support"\n'


@asynccontextmanager
async def turns_watched() -> AsyncIterator[list[float]]:
    """Collects the processor seconds between turns of the event loop while the block runs."""
    spent: list[float] = []

    async def watch() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.01)
            spent.append(time.thread_time() - before)

    watching = asyncio.create_task(watch())
    try:
        yield spent
    finally:
        watching.cancel()


async def test_thousands_of_unknown_names_delay_nobody(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    manager.client.headers["HX-Request"] = "true"
    async with turns_watched() as spent:
        part = html.unescape((await manager.post("/rules/check", "/rules/edit", text=flooded(4_200))).text)
    assert "4,200 errors" in part
    assert part.count("data-message=") == MOST_SHOWN == 200
    assert "and 4,000 more" in part
    assert max(spent) < LOOP_HELD_AT_MOST


async def test_hundreds_of_thousands_of_lines_delay_nobody(office: Office) -> None:
    """Shown with line numbers, whether or not it is too long to check."""
    manager = await office.browser("Marta Manager")
    for text in (RULES + "\n" * 250_000, "\n" * 310_000):
        async with turns_watched() as spent:
            page = (await manager.post("/rules/check", "/rules/edit", text=text)).text
        assert page.count('<li id="line-') == MOST_DRAWN
        assert "more lines, not shown here" in page
        assert max(spent) < LOOP_HELD_AT_MOST


def test_thousands_of_changed_lines_are_one_change() -> None:
    """Comparing them line by line would take minutes."""
    rules = [f'rule "{nth}"\n  when anything\n  send to team "Support"\n' for nth in range(8_000)]
    changed = [rule.replace("anything", "reopened") if nth % 50 == 7 else rule for nth, rule in enumerate(rules)]
    rows = difference("".join(rules), "".join(changed))
    assert len(rows) == MOST_DRAWN + 1
    assert rows[-1].text.startswith("… ")
    few = difference("".join(rules), "".join(rules).replace('"4000"', '"four thousand"'))
    assert [row.kind for row in few] == [
        "skipped",
        "same",
        "same",
        "same",
        "removed",
        "added",
        "same",
        "same",
        "same",
        "skipped",
    ]
    assert (few[0].text, few[4].text) == ("… 11997 unchanged lines", 'rule "4000"')


def test_errors_are_shown_before_warnings_and_in_the_order_of_the_file() -> None:
    nobody = '  when anything\n  send to team "Office", title "Advisor"\n'
    warned = "".join(f'rule "{nth}"\n{nobody}' for nth in range(2 * MOST_SHOWN))
    text = f'{HEAD}{warned}otherwise\n  send to team "Nobody"\n'
    found = check_rules(text, directory("small_team"))
    result = shown(text, found)
    assert (result.errors, result.warnings) == (1, len(found) - 1)
    assert result.warnings > MOST_SHOWN == len(result.diagnostics)
    assert [one.severity for one in result.diagnostics[-2:]] == ["warning", "error"]
    assert [one.line for one in result.diagnostics] == sorted(one.line for one in result.diagnostics)
    assert result.more == len(found) - MOST_SHOWN
