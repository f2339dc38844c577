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
    """A server that a setting names doesn't answer."""

    def __init__(self, server: NamedServer, reason: str) -> None:
        super().__init__(
            f"{server} did not answer within {server.within:.0f} s: {reason}\n"
            f"Start that server, or unset {server.setting} to have one started here."
        )


@dataclass(frozen=True)
class NamedServer:
    """A server, and the setting that names it."""

    what: str
    address: str
    """Without a password."""
    setting: str
    silence: Callable[[], Awaitable[str | None]]
    """One attempt: why the server doesn't answer, or None if it does."""
    within: float
    needed: bool = True

    def __str__(self) -> str:
        return f"{self.what} at {self.address} ({self.setting})"


async def await_named_servers(settings: Settings, report: Callable[[str], None]) -> tuple[str, ...]:
    """Wait for every server that the settings name. Returns a sentence for each that isn't needed and doesn't answer.

    Raises ``NamedServerSilent`` for one that is needed.
    """
    reasons = {server: await _await_server(server, report) for server in named_servers(settings)}
    return tuple(f"{server} does not answer: {reason}" for server, reason in reasons.items() if reason is not None)


def named_servers(settings: Settings) -> Iterator[NamedServer]:
    """The servers that `muster up` doesn't start, because the settings name others."""
    if settings.database_url is not None:
        url = settings.database_url.replace("+psycopg", "", 1)
        parts = conninfo_to_dict(url)
        address = f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}"

        async def postgres_silence() -> str | None:
            return await asyncio.to_thread(_postgres_silence, url)

        yield NamedServer("PostgreSQL", address, "MUSTER_DATABASE_URL", postgres_silence, ANSWER_WITHIN)
    if address := os.environ.get("TEMPORAL_ADDRESS", ""):
        yield NamedServer("Temporal", address, "TEMPORAL_ADDRESS", temporal.silence, ANSWER_WITHIN)
    if (host := settings.smtp_host) is not None:

        async def mail_silence() -> str | None:
            return await _connection_silence(host, settings.smtp_port)

        address = f"{host}:{settings.smtp_port}"
        yield NamedServer("the mail server", address, "MUSTER_SMTP_HOST", mail_silence, MAIL_WITHIN, needed=False)


async def _await_server(server: NamedServer, report: Callable[[str], None]) -> str | None:
    """None once it answers; the reason if it is silent and not needed."""
    report(f"using {server}")
    waiting = Waiting(report)
    while True:
        try:
            reason = await asyncio.wait_for(server.silence(), ATTEMPT_WITHIN)
        except TimeoutError:
            reason = "it accepts connections and says nothing"
        if reason is None:
            return None
        if waiting.seconds > server.within:
            if server.needed:
                raise NamedServerSilent(server, reason)
            return reason
        await waiting.pause(str(server), reason, seconds=ATTEMPT_EVERY)


def _postgres_silence(url: str) -> str | None:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        return str(error).strip().splitlines()[0]
    return None


async def _connection_silence(host: str, port: int) -> str | None:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        return error.strerror or str(error)
    writer.close()
    return None
