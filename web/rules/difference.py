"""What changed between two texts, line by line, with a little around each change."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

AROUND = 3
"""Unchanged lines shown before and after a change."""


@dataclass(frozen=True)
class DiffRow:
    kind: str
    """``same``, ``added``, ``removed``, or ``skipped`` for lines left out."""
    text: str


def difference(before: str, after: str) -> list[DiffRow]:
    """Empty where nothing changed."""
    old, new = before.split("\n"), after.split("\n")
    groups = list(SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND))
    rows: list[DiffRow] = []
    reached = 0
    for group in groups:
        start = group[0][1]
        if start > reached:
            rows.append(_skipped(start - reached))
        for kind, i1, i2, j1, j2 in group:
            if kind == "equal":
                rows += [DiffRow("same", line) for line in old[i1:i2]]
            else:
                rows += [DiffRow("removed", line) for line in old[i1:i2]]
                rows += [DiffRow("added", line) for line in new[j1:j2]]
        reached = group[-1][2]
    if groups and reached < len(old):
        rows.append(_skipped(len(old) - reached))
    return rows


def _skipped(lines: int) -> DiffRow:
    return DiffRow("skipped", f"… {lines} unchanged {'line' if lines == 1 else 'lines'}")
