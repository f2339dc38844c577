"""A sender in a separate process, for killing: ``python -m tests.activities.sender_process DATABASE PORT``."""

import asyncio
import sys

from activities.integrations.mail import SmtpServer
from database.engine import open_engine
from tests.activities.sample_letter import ADDRESSES
from workers.sender import SenderSettings, run_sender


async def main(database_url: str, smtp_port: int) -> None:
    settings = SenderSettings(ADDRESSES.base, SmtpServer("127.0.0.1", smtp_port))
    await run_sender(open_engine(database_url), ADDRESSES.tokens, settings, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
