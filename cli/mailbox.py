"""`muster mailbox`: accepts every email and stores it as a file instead of sending it."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import time
from pathlib import Path

import click
from aiosmtpd.smtp import SMTP, Envelope, Session

from config.logging import configure

LARGEST = 10 * 1024 * 1024


class MailStore:
    """Writes each email to its own ``.eml`` file, which is synced to disk before the email is acknowledged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        recipients = ", ".join(envelope.rcpt_tos)
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.eml"
        new = self._folder / f"{name}.new"
        with new.open("wb") as file:
            file.write(f"X-Envelope-To: {recipients}\r\n".encode() + raw)
            file.flush()
            os.fsync(file.fileno())
        new.rename(self._folder / name)
        return "250 kept"


@click.command(hidden=True)
@click.option("--port", type=int, required=True)
@click.option("--folder", type=click.Path(path_type=Path), required=True)
def mailbox(port: int, folder: Path) -> None:
    """Accept mail on 127.0.0.1 and store it in a folder."""
    configure()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    asyncio.run(_serve(port, folder))


async def _serve(port: int, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    store = MailStore(folder)
    server = await loop.create_server(
        lambda: SMTP(store, data_size_limit=LARGEST, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port
    )
    async with server:
        await stop.wait()
