"""A real mail server that misbehaves on demand."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from activities.integrations.mail import SmtpServer


@dataclass
class MailServer:
    """``caught`` holds every mail that arrived, whatever the answer was."""

    port: int = 0
    caught: list[EmailMessage] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """Answers to RCPT, by address."""
    slow: float = 0
    """Seconds until DATA is answered."""
    drops: int = 0
    """How many more times to drop the connection after DATA."""
    drips: bool = False
    """Answer DATA byte by byte, without end."""
    deaf_to_quit: bool = False
    """Never answer QUIT."""
    stalled_domain: str = ""
    """Never answer RCPT for addresses of this domain."""
    stalled: int = 0
    most_stalled: int = 0
    heard: bytearray = field(default_factory=bytearray)
    """Every byte that clients sent."""
    concurrent: int = 0
    most_concurrent: int = 0

    async def handle_RCPT(self, server: SMTP, session: Session, to: Envelope, address: str, options: list[str]) -> str:
        if self.stalled_domain and address.endswith(f"@{self.stalled_domain}"):
            self.stalled += 1
            self.most_stalled = max(self.most_stalled, self.stalled)
            try:
                await asyncio.Event().wait()
            finally:
                self.stalled -= 1
        if address in self.refused:
            return self.refused[address]
        to.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.caught.append(mail)
        self.concurrent += 1
        self.most_concurrent = max(self.most_concurrent, self.concurrent)
        await asyncio.sleep(self.slow)
        while self.drips and isinstance(server.transport, asyncio.WriteTransport):
            for letter in b"250-wait\r\n":
                server.transport.write(bytes([letter]))
                await asyncio.sleep(0.01)
        self.concurrent -= 1
        if self.drops:
            self.drops -= 1
            _cut(server)
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.deaf_to_quit:
            await asyncio.Event().wait()
        return "221 Bye"

    def settings(self, timeout: float = 5) -> SmtpServer:
        return SmtpServer("127.0.0.1", self.port, timeout=timeout)

    def to(self, recipient: str) -> list[EmailMessage]:
        return [mail for mail in self.caught if mail["To"] == recipient]


@contextlib.asynccontextmanager
async def listening(server: MailServer) -> AsyncIterator[MailServer]:
    """Run the server until the block ends; on its port, or a free one if it has none yet."""
    loop = asyncio.get_running_loop()
    connections: list[SMTP] = []

    def connection() -> SMTP:
        connections.append(_Heard(server, loop))
        return connections[-1]

    sockets = await loop.create_server(connection, "127.0.0.1", server.port)
    server.port = sockets.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        sockets.close()
        for smtp in connections:
            _cut(smtp)
        await sockets.wait_closed()


class _Heard(SMTP):
    def __init__(self, server: MailServer, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(server, hostname="mail.test", loop=loop)
        self._heard = server.heard

    def data_received(self, data: bytes) -> None:
        self._heard.extend(data)
        super().data_received(data)


def _cut(smtp: SMTP) -> None:
    if isinstance(smtp.transport, asyncio.WriteTransport):
        smtp.transport.abort()
