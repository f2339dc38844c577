"""A sender killed after the mail arrived and before it recorded that: the second copy has the same bytes."""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy.ext.asyncio import AsyncEngine

from cli.stack.process import die_with_parent
from tests.activities.mail_server import MailServer, listening
from tests.activities.queued_messages import enqueue, messages_of, open_escalation, until


async def start_sender(database_url: str, server: MailServer) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "tests.activities.sender_process", database_url, str(server.port))
    return await asyncio.create_subprocess_exec(*command, preexec_fn=die_with_parent())


async def test_after_a_killed_sender_the_mail_is_sent_again_unchanged(database: AsyncEngine, database_url: str) -> None:
    escalation_id = await open_escalation(database)
    await enqueue(database, escalation_id, "confirmation")

    async def arrived() -> bool:
        return bool(server.caught)

    async def sent() -> bool:
        return bool((await messages_of(database, escalation_id))[0].state == "sent")

    async with listening(MailServer(slow=60)) as server:
        first = await start_sender(database_url, server)
        await until(arrived)
        first.kill()
        await first.wait()
        server.slow = 0
        second = await start_sender(database_url, server)
        await until(sent, 30)
        second.kill()
        await second.wait()
    original, copy = server.caught
    assert original.as_bytes() == copy.as_bytes()
    assert original["Message-ID"].startswith(f"<{(await messages_of(database, escalation_id))[0].id}@")
