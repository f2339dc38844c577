"""How much work all proofs of one check may cost, so that saving a file takes less than a second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MOST_WORK = 2_200_000
"""Steps of a third of a microsecond or less: about 0.7 s on two cores of 2020."""


class TooLarge(Exception):
    """The search was given up: nothing is known."""


@dataclass
class Budget:
    """Counted work and not time, so that the same file gets the same answer everywhere."""

    left: int = MOST_WORK

    def spend(self, work: int) -> None:
        """Raises ``TooLarge`` once nothing is left."""
        self.left -= work
        if self.left < 0:
            raise TooLarge

    @contextmanager
    def half(self) -> Iterator[None]:
        """Inside, only half of what is left can be spent: one hard question leaves something for the next."""
        kept = self.left // 2
        self.left -= kept
        try:
            yield
        finally:
            self.left = max(self.left, 0) + kept
