"""The ledger: every request for an effect, with its answers. A request without an answer is sent again.

It lives outside the application, as independent evidence.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import httpx

RETRY_AFTER = 0.7
"""Seconds until a request without an answer is sent again."""
GIVE_UP_AFTER = 120.0
"""Seconds until a request without an answer counts as unsettled."""


class Answer(StrEnum):
    OK = "ok"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """A server error, a time-out, a broken connection: the effect may have happened or not."""


@dataclass
class Entry:
    """A request with its repetitions. ``about`` says what it concerned: ``call``, ``start``, ``score`` …"""

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
    def outcome(self) -> str:
        """The last answer, with the status and the address that a browser would go to next."""
        if self.response is None:
            return self.settled
        to = self.response.headers.get("location", "")
        return f"{self.settled} {self.response.status_code}{' to ' + urlsplit(to).path if to else ''}"

    @property
    def text(self) -> str:
        return self.response.text if self.response is not None else ""


class Ledger:
    """The requests and answers of one test. ``failures`` are answers that should never occur: 500s."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.entries: list[Entry] = []
        self.escalations: dict[str, str] = {}
        """Ticket ids by the id of the acknowledged escalation."""
        self.failures: list[str] = []
        self._clients: list[httpx.AsyncClient] = []

    def client(self, **headers: str) -> httpx.AsyncClient:
        """A new client, as a separate browser or program. Doesn't follow redirects."""
        client = httpx.AsyncClient(base_url=self.base_url, headers=headers, timeout=15)
        self._clients.append(client)
        return client

    async def close(self) -> None:
        """Close every connection."""
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
        """Post a form or a JSON body, again until it is answered, and record it either way."""
        entry = Entry(what, dict(about), time.monotonic())
        self.entries.append(entry)
        headers = {"Idempotency-Key": key} if key else {}
        while True:
            entry.response = None
            try:
                entry.response = await client.post(address, data=form, json=body, headers=headers)
                entry.answers.append(self._classify(entry.response))
            except httpx.HTTPError:
                entry.answers.append(Answer.UNKNOWN)
            if entry.settled is not Answer.UNKNOWN or time.monotonic() - entry.sent_at > GIVE_UP_AFTER:
                return entry
            await asyncio.sleep(RETRY_AFTER)

    async def look(self, client: httpx.AsyncClient, address: str) -> httpx.Response:
        """Get a page, with retries. Not recorded, because reading has no effect."""
        deadline = time.monotonic() + GIVE_UP_AFTER
        while True:
            try:
                response = await client.get(address)
                if self._classify(response) is not Answer.UNKNOWN:
                    return response
            except httpx.HTTPError as error:
                if time.monotonic() > deadline:
                    raise AssertionError(f"nothing answers at {address}") from error
            await asyncio.sleep(RETRY_AFTER)

    def of(self, what: str, answer: Answer | None = None) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.what == what and answer in (None, entry.settled))

    def _classify(self, response: httpx.Response) -> Answer:
        if response.status_code == 500:
            self.failures.append(f"{response.request.method} {response.request.url.path.split('/')[1]}: 500")
        if response.is_server_error:
            return Answer.UNKNOWN
        return Answer.REFUSED if response.is_client_error else Answer.OK
