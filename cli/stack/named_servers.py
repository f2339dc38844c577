"""Servers that the settings name instead of the embedded ones: the start names each and waits for it, not for ever."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict

from cli.stack import temporal
from cli.stack.waiting import Waiting
from config.settings import Settings

ANSWER_WITHIN = 60.0
"""Seconds that a server has to answer, which may be starting too."""
MAIL_WITHIN = 5.0
"""Seconds for the mail server. Mail waits in its queue; nothing else does."""
ATTEMPT_WITHIN = 5.0
"""Seconds for one attempt: a server that stands still accepts connections and says nothing."""
ATTEMPT_EVERY = 0.5
"""Seconds from one attempt to the next."""


class NamedServerSilent(Exception):
    """A server that a setting names doesn't answer, or can't be used."""

    def __init__(self, server: NamedServer, fault: str) -> None:
        super().__init__(
            f"{server} {fault}\n"
            f"Waited for {server.within:.0f} s. See to that server, or unset {server.setting} to have one started here."
        )


@dataclass(frozen=True)
class NamedServer:
    """A server, and the setting that names it."""

    what: str
    address: str
    """Without a password."""
    setting: str
    fault: Callable[[], Awaitable[str | None]]
    """One attempt: what is wrong with the server, such as "does not answer: …"; None if nothing is."""
    within: float
    needed: bool = True

    def __str__(self) -> str:
        return f"{self.what} at {self.address} ({self.setting})"


async def await_named_servers(settings: Settings, report: Callable[[str], None]) -> tuple[str, ...]:
    """Wait for every server that the settings name. Returns a sentence for each unneeded one that doesn't answer.

    Raises ``NamedServerSilent`` for one that is needed.
    """
    faults = {server: await _await_server(server, report) for server in named_servers(settings)}
    return tuple(f"{server} {fault}" for server, fault in faults.items() if fault is not None)


def named_servers(settings: Settings) -> Iterator[NamedServer]:
    """The servers that `muster up` doesn't start, because the settings name others."""
    if settings.database_url is not None:
        url = settings.database_url.replace("+psycopg", "", 1)
        parts = conninfo_to_dict(url)
        address = f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}"

        async def postgres_fault() -> str | None:
            return await asyncio.to_thread(_postgres_fault, url)

        yield NamedServer("PostgreSQL", address, "MUSTER_DATABASE_URL", postgres_fault, ANSWER_WITHIN)
    if address := os.environ.get("TEMPORAL_ADDRESS", ""):
        yield NamedServer("Temporal", address, "TEMPORAL_ADDRESS", temporal.fault, ANSWER_WITHIN)
    if (host := settings.smtp_host) is not None:

        async def mail_fault() -> str | None:
            return await _connection_fault(host, settings.smtp_port)

        address = f"{host}:{settings.smtp_port}"
        yield NamedServer("the mail server", address, "MUSTER_SMTP_HOST", mail_fault, MAIL_WITHIN, needed=False)


async def _await_server(server: NamedServer, report: Callable[[str], None]) -> str | None:
    """None once it answers; what is wrong with it if it isn't needed."""
    report(f"using {server}")
    waiting = Waiting(report)
    while True:
        try:
            fault = await asyncio.wait_for(server.fault(), ATTEMPT_WITHIN)
        except TimeoutError:
            fault = "does not answer: it accepts connections and says nothing"
        if fault is None:
            return None
        if waiting.seconds > server.within:
            if server.needed:
                raise NamedServerSilent(server, fault)
            return fault
        await waiting.pause(str(server), f"it {fault}", seconds=ATTEMPT_EVERY)


def _postgres_fault(url: str) -> str | None:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        return f"does not answer: {str(error).strip().splitlines()[0]}"
    return None


async def _connection_fault(host: str, port: int) -> str | None:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        return f"does not answer: {error.strerror or error}"
    writer.close()
    return None
