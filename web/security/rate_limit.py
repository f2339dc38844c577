"""Slows down guessing: so many wrong tokens or tries to sign in a minute, then a pause."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from fastapi import Request

from domain.sign_in import TooManyMisses

FAILURES_A_MINUTE = 30
"""From one address: wrong links, and, counted apart, tries to sign in."""
SIGN_INS_A_MINUTE = 10
"""To sign in to one account, wherever they come from."""
_LONGEST_ACCOUNT = 320
"""Characters of a mail address that tell accounts apart."""
Clock = Callable[[], float]
"""Seconds since some moment."""


class LinkRateLimit:
    """Wrong links from one address. Counted in this process alone, which is enough against guessing 32 bytes."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._by_address = _Buckets(FAILURES_A_MINUTE, clock)

    def count_failure(self, request: Request) -> None:
        """Count one; raise ``TooManyMisses`` instead of whatever the caller would say, once there are too many.

        A right link is never refused for others' misses from the same address: behind it may stand an office.
        """
        self._by_address.check(_address(request))
        self._by_address.add(_address(request))


class SignInLimit:
    """Tries to sign in by password, from one address and for one account. Counted in this process alone.

    A try counts before its password is looked at, so that a thousand at once cost no more than the limit allows.
    One that succeeds is taken off again.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._by_address = _Buckets(FAILURES_A_MINUTE, clock)
        self._by_account = _Buckets(SIGN_INS_A_MINUTE, clock)

    def begin(self, request: Request, email: str) -> None:
        """Count a try. Raises ``TooManyMisses``, alike for accounts that there are and that there aren't."""
        address, account = _address(request), _account(email)
        self._by_address.check(address)
        self._by_account.check(account)
        self._by_address.add(address)
        self._by_account.add(account)

    def succeeded(self, request: Request, email: str) -> None:
        self._by_address.take_off(_address(request))
        self._by_account.take_off(_account(email))


class _Buckets:
    """A leaking bucket a key, for the keys that were last added to."""

    keys_at_most = 10_000

    def __init__(self, a_minute: int, clock: Clock) -> None:
        self._clock = clock
        self._most = a_minute
        self._seconds_each = 60 / a_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, key: str) -> None:
        """Raise ``TooManyMisses`` while one more would overflow this key's bucket."""
        over = self._level(key) + 1 - self._most
        if over > 0:
            raise TooManyMisses(math.ceil(over * self._seconds_each))

    def add(self, key: str) -> None:
        self._buckets[key] = (self._level(key) + 1, self._clock())
        self._buckets.move_to_end(key)
        while len(self._buckets) > self.keys_at_most:
            self._buckets.popitem(last=False)

    def take_off(self, key: str) -> None:
        if key in self._buckets:
            self._buckets[key] = (max(0.0, self._level(key) - 1), self._clock())

    def _level(self, key: str) -> float:
        level, at = self._buckets.get(key, (0.0, 0.0))
        return max(0.0, level - (self._clock() - at) / self._seconds_each)


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _account(email: str) -> str:
    return email.strip().lower()[:_LONGEST_ACCOUNT]
