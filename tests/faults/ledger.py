"""The ledger: every request that asked for something, and its answer. What got no answer is sent again.

It is kept outside the application, so that it can testify afterwards.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpx

AGAIN_AFTER = 0.7
"""Seconds until a request without an answer is sent again."""
SETTLES_WITHIN = 120.0
"""Seconds after which one that still has no answer stays unsettled."""


class Answer(StrEnum):
    OK = "ok"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """A server's failure, a time-out, a connection that broke: it may have happened or not."""


@dataclass
class Entry:
    """One request with its repetitions. ``about`` says what it was for: ``call``, ``start``, ``score`` …"""

    what: str
    about: dict[str, Any]
    sent_at: float
    answers: list[Answer] = field(default_factory=list)
    response: httpx.Response | None = None

    @property
    def settled(self) -> Answer:
        return self.answers[-1] if self.answers else Answer.UNKNOWN

    @property
    def ok(self) -> bool:
        return self.settled is Answer.OK

    @property
    def text(self) -> str:
        return self.response.text if self.response is not None else ""


class Ledger:
    """What was asked and answered in one test. ``failures`` are answers that should never be given: 500s."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.entries: list[Entry] = []
        self.escalations: dict[str, str] = {}
        """Ticket id by the id of the escalation that was acknowledged for it."""
        self.failures: list[str] = []
        self._clients: list[httpx.AsyncClient] = []

    def client(self, **headers: str) -> httpx.AsyncClient:
        """A browser of its own, or a program's connection. Redirects are not followed."""
        client = httpx.AsyncClient(base_url=self.base_url, headers=headers, timeout=15)
        self._clients.append(client)
        return client

    async def close(self) -> None:
        """End every connection."""
        await asyncio.gather(*(client.aclose() for client in self._clients))

    async def send(
        self,
        what: str,
        client: httpx.AsyncClient,
        address: str,
        form: Mapping[str, str] | None = None,
        body: Any = None,
        key: str | None = None,
        *,
        about: Mapping[str, Any],
    ) -> Entry:
        """Post a form, or a JSON body, and again until it is answered; written down either way."""
        entry = Entry(what, dict(about), time.monotonic())
        self.entries.append(entry)
        headers = {"Idempotency-Key": key} if key else {}
        while True:
            entry.response = None
            try:
                entry.response = await client.post(address, data=form, json=body, headers=headers)
                entry.answers.append(self._weigh(entry.response))
            except httpx.HTTPError:
                entry.answers.append(Answer.UNKNOWN)
            if entry.settled is not Answer.UNKNOWN or time.monotonic() - entry.sent_at > SETTLES_WITHIN:
                return entry
            await asyncio.sleep(AGAIN_AFTER)

    async def look(self, client: httpx.AsyncClient, address: str) -> httpx.Response:
        """Get a page, however often it takes. Looking is not written down, because it asks for nothing."""
        deadline = time.monotonic() + SETTLES_WITHIN
        while True:
            try:
                response = await client.get(address)
                if self._weigh(response) is not Answer.UNKNOWN:
                    return response
            except httpx.HTTPError as error:
                if time.monotonic() > deadline:
                    raise AssertionError(f"nothing answers at {address}") from error
            await asyncio.sleep(AGAIN_AFTER)

    def of(self, what: str, answer: Answer | None = None) -> Iterator[Entry]:
        return (one for one in self.entries if one.what == what and answer in (None, one.settled))

    def _weigh(self, response: httpx.Response) -> Answer:
        if response.status_code == 500:
            self.failures.append(f"{response.request.method} {response.request.url.path.split('/')[1]}: 500")
        if response.is_server_error:
            return Answer.UNKNOWN
        return Answer.REFUSED if response.is_client_error else Answer.OK
