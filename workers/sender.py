"""Sends queued messages: mail and webhooks through separate channel workers, so that neither delays the other.

Within a channel, no destination (the domain of a mail address, or a webhook) can hold every lane.

A message is taken with a short lease, renewed while it is being sent. A killed sender's messages are due again when
their leases expire, and are sent with the same Message-ID.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from activities.delivery import Dispatcher, NoRecipient
from activities.integrations.chat import Webhook, WebhookPoster
from activities.integrations.mail import SmtpMailer, SmtpServer
from activities.letters.letter import Addresses
from database.stores.journal import message_queue
from database.stores.journal.grouped_messages import group_alerts
from database.stores.journal.message_queue import QueuedMessage
from database.stores.queries.letter_context import letter_context
from domain.delivery import Undelivered, next_wait
from domain.ids import MESSAGE_CHANNEL, Tokens
from domain.letter import Channel
from workers.news import woken_by
from workers.part import Part

log = logging.getLogger(__name__)

LANES: Mapping[Channel, int] = {Channel.MAIL: 10, Channel.WEBHOOK: 4}
"""Maximum messages that are being sent at a time, by channel."""
LANES_PER_DESTINATION = 4
"""Maximum messages that are being sent to one destination at a time, as mail or as webhooks."""
LONGEST_ATTEMPT = 60.0
"""Seconds that one attempt may take in all, reading the letter's data included. Mail and webhooks have shorter limits
of their own."""
LEASE = timedelta(seconds=8)
RENEW_EVERY = 2.0
"""Seconds between renewals; well below the lease."""
POLL_EVERY = 5.0
"""Maximum seconds between polls, in case a notification is lost."""
STORE_AGAIN_AFTER = 0.5
"""Seconds to wait before trying again to store an outcome."""
GRACE = 3.0
"""Seconds that messages in flight have left when the process is told to stop."""


@dataclass(frozen=True)
class SenderSettings:
    public_url: str
    """Address at which customers reach Muster, without a trailing slash."""
    smtp: SmtpServer
    mail_from: str = ""
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    """Keyed by name; ``alerts`` receives alerts about bad ratings and calls that nobody takes."""


async def run_sender(engine: AsyncEngine, tokens: Tokens, settings: SenderSettings, stop: asyncio.Event) -> None:
    """Send until ``stop``, when messages in flight get ``GRACE`` to be sent. Survives an outage of the database."""
    dispatcher = Dispatcher(
        Addresses(settings.public_url, tokens),
        SmtpMailer(settings.smtp),
        {name: WebhookPoster(webhook) for name, webhook in settings.webhooks.items()},
        settings.mail_from,
    )
    workers = [ChannelWorker(engine, dispatcher, channel, at_most) for channel, at_most in LANES.items()]

    def wake() -> None:
        for worker in workers:
            worker.wake()

    async with woken_by(MESSAGE_CHANNEL, engine, wake, workers[0].part), asyncio.TaskGroup() as group:
        for worker in workers:
            group.create_task(worker.run(stop))


class ChannelWorker:
    """Sends the messages of one channel, at most ``at_most`` of them concurrently."""

    def __init__(self, engine: AsyncEngine, dispatcher: Dispatcher, channel: Channel, at_most: int) -> None:
        self._engine = engine
        self._dispatcher = dispatcher
        self._channel = channel
        self._at_most = at_most
        self._in_flight: dict[str, asyncio.Task[None]] = {}
        self._destinations: dict[str, str] = {}
        self._also: dict[str, tuple[str, ...]] = {}
        self._news = asyncio.Event()
        self.part = Part(f"sender_{channel.value}")

    def wake(self) -> None:
        self._news.set()

    async def run(self, stop: asyncio.Event) -> None:
        renewing = asyncio.create_task(self._renew())
        try:
            while not stop.is_set():
                self._news.clear()
                pause = POLL_EVERY
                with self.part.run():
                    pause = await self._take()
                await self.part.pause(stop, pause, self._news)
            if self._in_flight:
                await asyncio.wait(self._in_flight.values(), timeout=GRACE)
        finally:
            for task in (renewing, *self._in_flight.values()):
                task.cancel()

    async def _take(self) -> float:
        """Start sending due messages; returns the seconds until more may be due."""
        capacity = self._at_most - len(self._in_flight)
        if capacity <= 0:
            return POLL_EVERY
        async with self._engine.begin() as conn:
            taken = await message_queue.take_due(
                conn, self._channel, capacity, LEASE, self._destinations, LANES_PER_DESTINATION
            )
            taken = await group_alerts(conn, taken, LEASE)
            soonest = await message_queue.until_next_due(conn, self._channel)
        for queued in taken:
            task = asyncio.create_task(self._deliver(queued))
            self._in_flight[queued.id] = task
            self._also[queued.id] = queued.all_ids[1:]
            self._destinations[queued.id] = queued.destination
            task.add_done_callback(functools.partial(self._finish, queued.id))
        if len(taken) == capacity or soonest is None:
            return POLL_EVERY
        if soonest <= timedelta(0):
            # These wait for a lane of their destination; whatever finishes wakes this worker.
            return 1.0
        return min(max(soonest.total_seconds(), 0.1), POLL_EVERY)

    def _finish(self, message_id: str, _: asyncio.Task[None]) -> None:
        del self._in_flight[message_id], self._destinations[message_id], self._also[message_id]
        self.wake()

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY)
            if not self._in_flight:
                continue
            try:
                async with self._engine.begin() as conn:
                    held = [*self._in_flight, *(one for others in self._also.values() for one in others)]
                    await message_queue.renew(conn, held, LEASE)
            except Exception as error:
                self.part.log_failure(error, "renewing")

    async def _deliver(self, queued: QueuedMessage) -> None:
        """Send the message and store the outcome, however long the database is unreachable in between."""
        failure = await self._attempt(queued)
        while True:
            try:
                await self._store_outcome(queued, failure)
                return
            except Exception as error:
                # Without its outcome, the message would be sent again when its lease expires.
                self.part.log_failure(error, "outcome", f"message={queued.id}")
            await asyncio.sleep(STORE_AGAIN_AFTER)

    async def _attempt(self, queued: QueuedMessage) -> Undelivered | NoRecipient | None:
        try:
            async with asyncio.timeout(LONGEST_ATTEMPT):
                async with self._engine.connect() as conn:
                    context = await letter_context(conn, queued)
                await self._dispatcher.deliver(self._channel, context)
        except TimeoutError:
            return Undelivered(f"the attempt took longer than {LONGEST_ATTEMPT:.0f} s")
        except (Undelivered, NoRecipient) as failure:
            return failure
        except SQLAlchemyError as error:
            return Undelivered(f"its data could not be read: {_first_line(error)}")
        except Exception as error:
            # A message that can't be rendered must not stop the others; it is retried, then shown as failed.
            log.exception("unexpected error while sending message=%s kind=%s", queued.id, queued.kind)
            return Undelivered(f"it could not be written: {type(error).__name__}")
        return None

    async def _store_outcome(self, queued: QueuedMessage, failure: Undelivered | NoRecipient | None) -> None:
        wait: timedelta | None = None
        async with self._engine.begin() as conn:
            if isinstance(failure, Undelivered):
                # Jitter doesn't need secure randomness.
                wait = next_wait(queued.attempts, failure, random.random())
            # Their escalations are locked in the order that every transaction uses.
            for one in sorted((queued, *queued.also), key=lambda one: one.escalation_id):
                await _store_outcome_of(conn, one, failure, wait)
        _log_outcome(queued, failure, wait)


async def _store_outcome_of(
    conn: AsyncConnection, one: QueuedMessage, failure: Undelivered | NoRecipient | None, wait: timedelta | None
) -> None:
    if failure is None:
        await message_queue.mark_sent(conn, one.id)
    elif isinstance(failure, NoRecipient):
        await message_queue.drop(conn, one.id)
    elif wait:
        await message_queue.retry_later(conn, one.id, str(failure), wait)
    else:
        await message_queue.give_up(conn, one, str(failure))


def _log_outcome(queued: QueuedMessage, failure: Undelivered | NoRecipient | None, wait: timedelta | None) -> None:
    ids = f"channel={queued.channel.value} kind={queued.kind} message={queued.id} escalation={queued.escalation_id}"
    if failure is None:
        log.info("sent message %s", ids)
    elif isinstance(failure, NoRecipient):
        log.info("dropped message %s reason=no_recipient", ids)
    elif wait is not None:
        seconds = round(wait.total_seconds())
        log.warning("delivery failed, retrying in %d s %s attempt=%d reason=%s", seconds, ids, queued.attempts, failure)
    else:
        log.warning("delivery failed, dead letter %s attempt=%d reason=%s", ids, queued.attempts, failure)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
