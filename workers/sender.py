"""Sends what waits to be sent: mail in one lane, webhooks in another, so that neither holds up the other.

A message is taken for a short lease, which is renewed while it is being sent. A killed sender's messages
come back when their lease ends, and go out again with the same Message-ID.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.delivery import Dispatcher, NoRecipient
from activities.integrations.chat import Webhook, WebhookPoster
from activities.integrations.mail import SmtpMailer, SmtpServer
from activities.letters.letter import Addresses
from database.listening import listen
from database.stores.journal import message_queue
from database.stores.journal.message_queue import QueuedMessage
from database.stores.queries.letter_context import letter_context
from domain.delivery import Undelivered, next_wait
from domain.ids import MESSAGE_CHANNEL, Tokens
from domain.letter import Channel

log = logging.getLogger(__name__)

AT_ONCE: Mapping[Channel, int] = {Channel.MAIL: 6, Channel.WEBHOOK: 2}
LEASE = timedelta(seconds=8)
RENEW_EVERY = 2.0
"""Seconds; well below the lease."""
POLL_EVERY = 5.0
"""Seconds at most between two looks, for the wake-up that was lost."""
SETTLE_AGAIN_AFTER = 0.5
"""Seconds until an outcome that could not be written is written again."""
GRACE = 3.0
"""Seconds that mails in hand have to be handed over when the process stops."""

_UNREACHABLE = (OperationalError, InterfaceError, PoolTimeout, OSError)


@dataclass(frozen=True)
class SenderSettings:
    public_url: str
    """What customers reach, without a slash at its end."""
    smtp: SmtpServer
    mail_from: str = ""
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    """By name; ``alerts`` hears of bad ratings and calls that nobody takes."""


async def run_sender(engine: AsyncEngine, tokens: Tokens, settings: SenderSettings, stop: asyncio.Event) -> None:
    """Send until ``stop``. Survives the loss of the database; mails in hand get a moment to end."""
    dispatcher = Dispatcher(
        Addresses(settings.public_url, tokens),
        SmtpMailer(settings.smtp),
        {name: WebhookPoster(webhook) for name, webhook in settings.webhooks.items()},
        settings.mail_from,
    )
    workers = [ChannelWorker(engine, dispatcher, channel, at_once) for channel, at_once in AT_ONCE.items()]
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(_wake_on_news(engine, workers))
        running = [group.create_task(worker.run()) for worker in workers]
        await stop.wait()
        listening.cancel()
        for worker in workers:
            worker.stop()
        await asyncio.wait(running)


async def _wake_on_news(engine: AsyncEngine, workers: Sequence[ChannelWorker]) -> None:
    async for _ in listen(engine.url.render_as_string(hide_password=False), [MESSAGE_CHANNEL]):
        for worker in workers:
            worker.wake()


class ChannelWorker:
    """The messages of one channel, a bounded number of them at once."""

    def __init__(self, engine: AsyncEngine, dispatcher: Dispatcher, channel: Channel, at_once: int) -> None:
        self._engine = engine
        self._courier = dispatcher
        self._channel = channel
        self._at_once = at_once
        self._in_hand: dict[str, asyncio.Task[None]] = {}
        self._news = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        self._news.set()

    def stop(self) -> None:
        self._stopping = True
        self.wake()

    async def run(self) -> None:
        renewing = asyncio.create_task(self._renew())
        try:
            while not self._stopping:
                self._news.clear()
                rest = POLL_EVERY
                try:
                    rest = await self._take()
                except _UNREACHABLE as error:
                    log.warning("can't look for messages to send: %s", _first_line(error))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), rest)
            if self._in_hand:
                await asyncio.wait(self._in_hand.values(), timeout=GRACE)
        finally:
            for task in (renewing, *self._in_hand.values()):
                task.cancel()

    async def _take(self) -> float:
        """Start on what is due; returns the seconds until there may be more."""
        room = self._at_once - len(self._in_hand)
        if room <= 0:
            return POLL_EVERY
        async with self._engine.begin() as conn:
            taken = await message_queue.take_due(conn, self._channel, room, LEASE, list(self._in_hand))
            soonest = await message_queue.until_next_due(conn, self._channel)
        for waiting in taken:
            task = asyncio.create_task(self._see_through(waiting))
            self._in_hand[waiting.id] = task
            task.add_done_callback(functools.partial(self._let_go, waiting.id))
        if len(taken) == room or soonest is None:
            return POLL_EVERY
        return min(max(soonest.total_seconds(), 0.1), POLL_EVERY)

    def _let_go(self, message_id: str, _: asyncio.Task[None]) -> None:
        del self._in_hand[message_id]
        self.wake()

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY)
            if self._in_hand:
                with contextlib.suppress(*_UNREACHABLE):
                    async with self._engine.begin() as conn:
                        await message_queue.renew(conn, list(self._in_hand), LEASE)

    async def _see_through(self, waiting: QueuedMessage) -> None:
        """Send, and write down what came of it, however long the database is away meanwhile."""
        failure = await self._attempt(waiting)
        while True:
            try:
                await self._settle(waiting, failure)
                return
            except _UNREACHABLE as error:
                log.warning("can't write down the fate of message %s: %s", waiting.id, _first_line(error))
            await asyncio.sleep(SETTLE_AGAIN_AFTER)

    async def _attempt(self, waiting: QueuedMessage) -> Undelivered | NoRecipient | None:
        try:
            async with self._engine.connect() as conn:
                facts = await letter_context(conn, waiting)
            await self._courier.deliver(self._channel, facts)
        except (Undelivered, NoRecipient) as failure:
            return failure
        except SQLAlchemyError as error:
            return Undelivered(f"its facts could not be read: {_first_line(error)}")
        except Exception as error:
            # One letter that can't be written must not stop the others; it is tried again, and then shown.
            log.exception("message %s (%s) could not be written", waiting.id, waiting.kind)
            return Undelivered(f"it could not be written: {type(error).__name__}")
        return None

    async def _settle(self, waiting: QueuedMessage, failure: Undelivered | NoRecipient | None) -> None:
        async with self._engine.begin() as conn:
            if failure is None:
                await message_queue.mark_sent(conn, waiting.id)
            elif isinstance(failure, NoRecipient):
                await message_queue.drop(conn, waiting.id)
            # Waits are spread by chance; nothing secret hangs on it.
            elif wait := next_wait(waiting.attempts, failure, random.random()):
                await message_queue.put_off(conn, waiting.id, str(failure), wait)
            else:
                await message_queue.give_up(conn, waiting, str(failure))
        _tell(waiting, failure)


def _tell(waiting: QueuedMessage, failure: Undelivered | NoRecipient | None) -> None:
    named = (waiting.channel.value, waiting.kind, waiting.id, waiting.escalation_id)
    if failure is None:
        log.info("sent %s %s %s of escalation %s", *named)
    elif isinstance(failure, NoRecipient):
        log.info("nobody is to hear of %s %s %s of escalation %s", *named)
    else:
        log.warning("did not send %s %s %s of escalation %s: %s", *named, failure)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
