"""Slows down guessing: so many wrong tokens or passwords a minute from one address, then a pause."""

from __future__ import annotations

import math
import time
from collections import OrderedDict

from fastapi import Request

from domain.sign_in import TooManyMisses

MISSES_A_MINUTE = 30
_ADDRESSES_AT_MOST = 10_000


class MissLimit:
    """A leaking bucket an address. In this process alone, which is enough against guessing 32 bytes."""

    def __init__(self, a_minute: int = MISSES_A_MINUTE) -> None:
        self._most = a_minute
        self._seconds_each = 60 / a_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, request: Request) -> None:
        """Raise ``TooManyMisses`` while this address has missed too often. For passwords, which can be guessed."""
        level = self._level(_address(request))
        if level >= self._most:
            raise TooManyMisses(math.ceil((level - self._most + 1) * self._seconds_each))

    def miss(self, request: Request) -> None:
        """Count one; raise ``TooManyMisses`` instead of whatever the caller would say, once there are too many.

        A right link is never refused for others' misses from the same address: behind it may stand an office.
        """
        self.check(request)
        address = _address(request)
        self._buckets[address] = (self._level(address) + 1, time.monotonic())
        self._buckets.move_to_end(address)
        while len(self._buckets) > _ADDRESSES_AT_MOST:
            self._buckets.popitem(last=False)

    def _level(self, address: str) -> float:
        level, at = self._buckets.get(address, (0.0, 0.0))
        return max(0.0, level - (time.monotonic() - at) / self._seconds_each)


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
