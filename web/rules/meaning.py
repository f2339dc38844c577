"""What changes for whom between two rules texts, if both compile."""

from __future__ import annotations

from dataclasses import dataclass

from database.bounded_threads import RULES_TEXTS
from rules_dsl import Change, Directory, Move, compare_rules, draft_rules

SHOWN = 6
"""How many moves are visible on the page without unfolding the rest."""


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
    """What changes; None if the texts are equal or one of them doesn't fit the directory."""
    return None if before == after else await RULES_TEXTS.run(_compare, before, after, directory)


def _compare(before: str, after: str, directory: Directory) -> Meaning | None:
    old, new = draft_rules(before, directory), draft_rules(after, directory)
    return None if old is None or new is None else Meaning(compare_rules(old, new))
