"""What changes for whom between two texts, where both can be read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from rules_dsl import Change, Directory, Move, compare_rules, draft_rules

SHOWN = 6
"""Moves that stand open on the page; the rest is behind a click."""


@dataclass(frozen=True)
class Meaning:
    change: Change

    @property
    def first(self) -> tuple[Move, ...]:
        return self.change.moves[:SHOWN]

    @property
    def others(self) -> tuple[Move, ...]:
        return self.change.moves[SHOWN:]


async def meaning(before: str, after: str, directory: Directory) -> Meaning | None:
    """None where the two are the same text, or one of them does not fit the directory."""
    return None if before == after else await asyncio.to_thread(_compared, before, after, directory)


def _compared(before: str, after: str, directory: Directory) -> Meaning | None:
    old, new = draft_rules(before, directory), draft_rules(after, directory)
    return None if old is None or new is None else Meaning(compare_rules(old, new))
