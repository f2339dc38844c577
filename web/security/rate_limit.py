"""Rate limits, for each purpose apart: wrong links, sign-in attempts, wrong tokens, wrong signatures, refusals."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from domain.sign_in import TooManyMisses
from web.security.client_address import known_address

FAILURES_A_MINUTE = 30
"""Maximum guesses per client address and purpose."""
SIGN_INS_A_MINUTE = 10
"""Maximum sign-in attempts per account, from all addresses together."""
FORGED_A_MINUTE = 60
"""Maximum wrong signatures per webhook source, from all addresses together."""
REFUSALS_A_MINUTE = 10
"""Maximum refusals per person or API token and minute that are written to the audit log."""
_LONGEST_ACCOUNT = 320
"""How many characters of an account's name count; a key must not grow without limit."""


class RateLimit:
    """Limits guesses per client address and, if they aim at one, per account, in this process alone.

    Behind a proxy that isn't listed as trusted, nobody's address is known, and only the account's limit applies: else a
    few wrong guesses would lock out everybody who comes through that proxy.
    """

    def __init__(self, purpose: str, *, per_address: int = FAILURES_A_MINUTE, per_account: int | None = None) -> None:
        self._purpose = purpose
        self._per_address = RateLimitItemPerMinute(per_address)
        self._per_account = RateLimitItemPerMinute(per_account) if per_account else None
        self._storage = MemoryStorage()
        self._limiter = FixedWindowRateLimiter(self._storage)

    def count(self, request: Request, account: str = "") -> None:
        """Count a guess, or raise ``TooManyMisses`` if there were too many in the last minute.

        Where what is guessed is hard to guess, only wrong guesses are counted: an office may share one address, and
        its valid links must keep working.
        """
        keys = list(self._keys(request, account))
        for item, kind, key in keys:
            if not self._limiter.test(item, self._purpose, kind, key):
                resets_at = self._limiter.get_window_stats(item, self._purpose, kind, key).reset_time
                raise TooManyMisses(max(1, math.ceil(resets_at - time.time())))
        for item, kind, key in keys:
            self._limiter.hit(item, self._purpose, kind, key)

    def uncount(self, request: Request, account: str = "") -> None:
        """Take back a guess that was right.

        Sign-in attempts count before the password is checked, so that a thousand simultaneous ones cost no more hashing
        than the limit allows.
        """
        for item, kind, key in self._keys(request, account):
            self._storage.decr(item.key_for(self._purpose, kind, key))

    def _keys(self, request: Request, account: str) -> Iterator[tuple[RateLimitItem, str, str]]:
        address = known_address(request)
        if address is not None:
            yield self._per_address, "address", address
        if self._per_account is not None:
            yield self._per_account, "account", account.strip().lower()[:_LONGEST_ACCOUNT]
