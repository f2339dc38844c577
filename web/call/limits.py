"""How often one join link may ask for what: many times what a call needs, and few enough that a flood costs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from domain.failure import Failure
from domain.ids import token_hash
from web.dependencies import from_state

ALLOWED: dict[str, RateLimitItem] = {
    "signals": parse("100 per 10 second"),
    "beat": parse("30 per 10 second"),
    "leave": parse("20 per 10 second"),
    "ice": parse("20 per 10 second"),
    "stream": parse("20 per 10 second"),
}
STREAMS_AT_ONCE = 6
"""Streams of one link in this process: its page, and those whose connections haven't ended yet."""


@dataclass
class CallFlooded(Failure):
    """A page asks more often than any call needs."""

    retry_after: int
    """In seconds."""

    status = 429
    title = "Too many requests from this page"

    @property
    def detail(self) -> str:
        return "Please wait a few seconds; the call itself goes on."


class CallLimits:
    """Counts in this process, by the hash of the join link."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._streams: dict[str, int] = {}

    def count(self, what: str, token: str) -> None:
        """Count a request before anything is done for it. Raises ``CallFlooded``."""
        key = token_hash(token).hex()
        if not self._limiter.hit(ALLOWED[what], what, key):
            raise CallFlooded(ALLOWED[what].get_expiry())

    def check_streams(self, token: str) -> None:
        """Raises ``CallFlooded`` if this link has all the streams that it may have."""
        if self._streams.get(token_hash(token).hex(), 0) >= STREAMS_AT_ONCE:
            raise CallFlooded(1)

    @contextmanager
    def streaming(self, token: str) -> Iterator[None]:
        """Count one of the link's streams while it lasts."""
        key = token_hash(token).hex()
        self._streams[key] = self._streams.get(key, 0) + 1
        try:
            yield
        finally:
            self._streams[key] -= 1
            if not self._streams[key]:
                del self._streams[key]


Limits = Annotated[CallLimits, from_state("call_limits")]
