"""Mail to agents about new rules, in the transaction that publishes them."""

from __future__ import annotations

import asyncio
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from database.bounded_threads import RULES_TEXTS
from database.stores.directory.read import read_directory
from database.stores.journal.notify import notify_of_rules
from domain.failure import Overloaded
from domain.rollout.agent_changes import changes_by_agent
from domain.rollout.steps import share_words
from rules_dsl import Change, Directory, Ruleset, compare_rules, draft_rules

COMPARED_WITHIN = 2.0
"""Seconds for finding out which tickets move from rule to rule: the transaction waits meanwhile, and may do nothing for
five seconds at most."""


async def tell_agents(
    conn: AsyncConnection, before: str, after: str, number: int, percent: int, reason: str, now: datetime
) -> None:
    """Queue a mail to each agent for whom the text ``after``, of version ``number``, changes something.

    ``percent`` is the share of the customers for whom it applies. Queues nothing if the text before no longer fits the
    directory.
    """
    directory = await read_directory(conn)
    old, new = await asyncio.to_thread(_drafts, before, after, directory)
    if old is None or new is None:
        return
    change = await _compare(old, new)
    changes = await asyncio.to_thread(changes_by_agent, old, new, directory, change)
    news = {"ruleset": number, "share": share_words(percent), "reason": reason}
    for person, lines in changes.items():
        await notify_of_rules(conn, person, news, lines, now)


def _drafts(before: str, after: str, directory: Directory) -> tuple[Ruleset | None, Ruleset | None]:
    return draft_rules(before, directory), draft_rules(after, directory)


async def _compare(old: Ruleset, new: Ruleset) -> Change | None:
    try:
        async with asyncio.timeout(COMPARED_WITHIN):
            return await RULES_TEXTS.run(compare_rules, old, new)
    except (TimeoutError, Overloaded):
        return None
