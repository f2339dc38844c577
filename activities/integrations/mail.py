"""Sends mail by SMTP."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal, Protocol

import aiosmtplib

from domain.delivery import Undelivered


class Mailer(Protocol):
    async def send(self, mail: EmailMessage) -> None:
        """Hand an email to the mail server. Raises ``Undelivered``; even then, the email may have arrived."""


@dataclass(frozen=True)
class SmtpServer:
    host: str
    port: int = 25
    encryption: Literal["none", "starttls", "tls"] = "none"
    user: str = ""
    """If empty, no authentication is used."""
    password: str = field(default="", repr=False)
    timeout: float = 30
    """Time limit in seconds for sending one email, whatever the server does meanwhile."""


GOODBYE = 2.0
"""Seconds that the server has to answer QUIT. It has accepted the email by then."""


class SmtpMailer:
    """Opens a connection for each email, so that a server that stops answering delays only that email."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def send(self, mail: EmailMessage) -> None:
        try:
            async with asyncio.timeout(self._server.timeout):
                await self._send(mail)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise _refusal(refused.recipients[0]) from refused
        except aiosmtplib.SMTPNotSupported as error:
            raise Undelivered(f"the mail server doesn't support this mail: {error}", final=True) from error
        except aiosmtplib.SMTPResponseException as refused:
            raise _refusal(refused) from refused
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise Undelivered(f"the mail server does not answer: {error or type(error).__name__}") from error

    async def _send(self, mail: EmailMessage) -> None:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=server.encryption == "tls",
            start_tls=server.encryption == "starttls",
            timeout=server.timeout,
        )
        # As a context manager, the client would say goodbye even after the time limit, and wait as long once more.
        try:
            await client.connect()
            await client.send_message(mail)
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await client.quit(timeout=GOODBYE)
        finally:
            client.close()


_CONFIGURATION_CODES = frozenset({502, 503, 530, 534, 535, 538})
"""Replies about authentication or the protocol, not about this email (RFC 4954, section 6)."""


def _refusal(refused: aiosmtplib.SMTPResponseException) -> Undelivered:
    """The failure to report. 5xx replies about an email are final (RFC 5321, section 4.2.1).

    Everything else is retried, including a server that refuses the connection or the greeting.
    """
    of_server = isinstance(refused, aiosmtplib.SMTPConnectResponseError | aiosmtplib.SMTPHeloError)
    final = refused.code >= 500 and refused.code not in _CONFIGURATION_CODES and not of_server
    reply = " ".join(refused.message.split())[:300]
    return Undelivered(f"the mail server refused it with {refused.code}: {reply}", final=final)
