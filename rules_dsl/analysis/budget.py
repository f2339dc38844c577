"""Limits the total work of the proofs in one check, so that saving a file takes less than a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MOST_WORK = 2_200_000
"""Maximum number of work units. On a two-core machine from 2020, each takes up to 1/3 µs: about 0.7 s in all."""


class TooLarge(Exception):
    """The search exceeded its budget; there is no result."""


@dataclass
class Budget:
    """Counts work instead of time, so that a file gets the same result on every machine."""

    left: int = MOST_WORK

    def spend(self, work: int) -> None:
        """Deduct work. Raises ``TooLarge`` if the budget is exceeded."""
        self.left -= work
        if self.left < 0:
            raise TooLarge

    @contextmanager
    def half(self) -> Iterator[None]:
        """Limit the ``with`` block to half of the remaining budget, to leave some for the next question."""
        reserved = self.left // 2
        self.left -= reserved
        try:
            yield
        finally:
            self.left = max(self.left, 0) + reserved
