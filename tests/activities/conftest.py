"""The servers that the sender talks to, each running for one test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.activities import mail_server, receiver
from tests.activities.mail_server import MailServer
from tests.activities.receiver import Receiver


@pytest.fixture
async def smtp() -> AsyncIterator[MailServer]:
    async with mail_server.listening(MailServer()) as running:
        yield running


@pytest.fixture
async def hook() -> AsyncIterator[Receiver]:
    async with receiver.listening(Receiver()) as running:
        yield running
