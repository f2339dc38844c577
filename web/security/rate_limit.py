"""Rate limits against guessing, for wrong links and for sign-in attempts."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from fastapi import Request

from domain.sign_in import TooManyMisses

FAILURES_A_MINUTE = 30
"""Maximum number of wrong links per client address; sign-in attempts have a separate limit of the same size."""
SIGN_INS_A_MINUTE = 10
"""Maximum sign-in attempts per account, from all addresses together."""
_LONGEST_ACCOUNT = 320
"""How many characters of an email address count; a bucket's key must not grow without limit."""
Clock = Callable[[], float]
"""Returns the monotonic time in seconds."""


class LinkRateLimit:
    """Limits wrong links per client address.

    Counting in this process alone is enough, because 32 bytes are hard to guess.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._by_address = _Buckets(FAILURES_A_MINUTE, clock)

    def count_failure(self, request: Request) -> None:
        """Count a wrong link, or raise ``TooManyMisses`` if there were too many.

        Called only for wrong links: an office may share one address, and its valid links must keep working.
        """
        self._by_address.check(_address(request))
        self._by_address.add(_address(request))


class SignInLimit:
    """Limits password sign-in attempts, per client address and per account, in this process alone.

    An attempt counts before its password is checked, so that a thousand simultaneous attempts cost no more hashing
    than the limit allows. A successful attempt is subtracted again.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._by_address = _Buckets(FAILURES_A_MINUTE, clock)
        self._by_account = _Buckets(SIGN_INS_A_MINUTE, clock)

    def begin(self, request: Request, email: str) -> None:
        """Count an attempt. Raises ``TooManyMisses``, whether or not the account exists."""
        address, account = _address(request), _account(email)
        self._by_address.check(address)
        self._by_account.check(account)
        self._by_address.add(address)
        self._by_account.add(account)

    def succeeded(self, request: Request, email: str) -> None:
        self._by_address.subtract(_address(request))
        self._by_account.subtract(_account(email))


class _Buckets:
    """One leaky bucket per key, for the most recently used keys."""

    MOST_KEYS = 10_000

    def __init__(self, a_minute: int, clock: Clock) -> None:
        self._clock = clock
        self._capacity = a_minute
        self._seconds_each = 60 / a_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, key: str) -> None:
        """Raise ``TooManyMisses`` if one more attempt would overflow this key's bucket."""
        excess = self._level(key) + 1 - self._capacity
        if excess > 0:
            raise TooManyMisses(math.ceil(excess * self._seconds_each))

    def add(self, key: str) -> None:
        self._buckets[key] = (self._level(key) + 1, self._clock())
        self._buckets.move_to_end(key)
        while len(self._buckets) > self.MOST_KEYS:
            self._buckets.popitem(last=False)

    def subtract(self, key: str) -> None:
        if key in self._buckets:
            self._buckets[key] = (max(0.0, self._level(key) - 1), self._clock())

    def _level(self, key: str) -> float:
        level, at = self._buckets.get(key, (0.0, 0.0))
        return max(0.0, level - (self._clock() - at) / self._seconds_each)


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _account(email: str) -> str:
    return email.strip().lower()[:_LONGEST_ACCOUNT]
