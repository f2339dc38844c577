"""The difference between two texts, line by line, with a few lines of context around each change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from web.rules.checked import MOST_DRAWN

AROUND = 3
"""Unchanged lines shown before and after a change."""
MOST_COMPARED = 3_000
"""Maximum number of lines compared, from the first change to the last; if there are more, they count as one change.

Comparing thousands of similar lines, such as the conditions of rules, takes cubic time.
"""
_Change = tuple[str, int, int, int, int]
"""A ``difflib`` opcode: kind, range of lines before, range of lines after."""


@dataclass(frozen=True)
class DiffRow:
    kind: str
    """``same``, ``added``, ``removed``, or ``skipped`` for omitted lines."""
    text: str


def difference(before: str, after: str) -> list[DiffRow]:
    """The rows to show; none if the texts are equal."""
    old, new = before.split("\n"), after.split("\n")
    groups = list(_groups(old, new))
    rows: list[DiffRow] = []
    position = 0
    for group in groups:
        start = group[0][1]
        if start > position:
            rows.append(_skipped(start - position))
        for kind, i1, i2, j1, j2 in group:
            if kind == "equal":
                rows += [DiffRow("same", line) for line in old[i1:i2]]
            else:
                rows += [DiffRow("removed", line) for line in old[i1:i2]]
                rows += [DiffRow("added", line) for line in new[j1:j2]]
        position = group[-1][2]
    if groups and position < len(old):
        rows.append(_skipped(len(old) - position))
    if (more := len(rows) - MOST_DRAWN) > 0:
        rows[MOST_DRAWN:] = [DiffRow("skipped", f"… {more:,} more lines, not shown here")]
    return rows


def _groups(old: list[str], new: list[str]) -> Iterable[list[_Change]]:
    """The changes, grouped with the unchanged lines around them."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    tail = next((at for at in range(shorter - head) if old[-1 - at] != new[-1 - at]), shorter - head)
    if max(len(old), len(new)) - head - tail <= MOST_COMPARED:
        first = max(0, head - AROUND)
        last = max(0, tail - AROUND)
        matcher = SequenceMatcher(None, old[first : len(old) - last], new[first : len(new) - last], autojunk=False)
        for group in matcher.get_grouped_opcodes(AROUND):
            yield [(kind, i1 + first, i2 + first, j1 + first, j2 + first) for kind, i1, i2, j1, j2 in group]
        return
    before, after = min(head, AROUND), min(tail, AROUND)
    yield [
        ("equal", head - before, head, head - before, head),
        ("replace", head, len(old) - tail, head, len(new) - tail),
        ("equal", len(old) - tail, len(old) - tail + after, len(new) - tail, len(new) - tail + after),
    ]


def _skipped(lines: int) -> DiffRow:
    return DiffRow("skipped", f"… {lines} unchanged {'line' if lines == 1 else 'lines'}")
