"""Webhooks against a real receiver: what is posted, what is refused, what is retried."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from activities.integrations.chat import Webhook, WebhookPoster
from domain.delivery import Undelivered
from tests.activities.receiver import Receiver, listening
from tests.servers import free_port

PAYLOAD = {"text": "A call was rated 2 of 5"}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening(Receiver()) as running:
        yield running


def to(receiver: Receiver, *, timeout: float = 5) -> WebhookPoster:
    return WebhookPoster(Webhook(receiver.url, private_addresses=True, timeout=timeout))


async def failure_of(poster: WebhookPoster) -> Undelivered:
    with pytest.raises(Undelivered) as failed:
        await poster.post("message-1", PAYLOAD)
    return failed.value


async def test_a_message_is_posted_as_json_under_its_name(receiver: Receiver) -> None:
    await to(receiver).post("message-1", PAYLOAD)
    [received] = receiver.received
    assert received.payload == PAYLOAD
    assert received.path == "/hook"
    assert received.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert received.headers["webhook-id"] == "message-1"
    assert "webhook-signature" not in received.headers
    assert abs(int(received.headers["webhook-timestamp"]) - time.time()) < 60


async def test_a_receiver_that_hangs_times_out(receiver: Receiver) -> None:
    receiver.answers = [b""]
    assert not (await failure_of(to(receiver, timeout=0.3))).final


async def test_redirects_are_not_followed(receiver: Receiver) -> None:
    inward = f"HTTP/1.1 307 Temporary Redirect\r\nlocation: {receiver.url}/inner\r\ncontent-length: 0\r\n\r\n"
    receiver.answers = [inward.encode()]
    failed = await failure_of(to(receiver))
    assert "answered 307" in str(failed)
    assert len(receiver.received) == 1


async def test_410_gone_is_final(receiver: Receiver) -> None:
    receiver.answers = [b"HTTP/1.1 410 Gone\r\ncontent-length: 9\r\n\r\nno_hook \n"]
    failed = await failure_of(to(receiver))
    assert failed.final
    assert str(failed) == "the webhook answered 410: no_hook"


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "500 Oh No", "503 Later"])
async def test_every_other_status_is_retried(receiver: Receiver, status: str) -> None:
    receiver.answers = [f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode()]
    assert not (await failure_of(to(receiver))).final


async def test_retry_after_is_read_in_seconds_and_as_a_date(receiver: Receiver) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    for retry_after in ("120", later, "soon"):
        answer = f"HTTP/1.1 429 Too Many Requests\r\nretry-after: {retry_after}\r\ncontent-length: 0\r\n\r\n"
        receiver.answers.append(answer.encode())
    poster = to(receiver)
    seconds, date, unreadable = [(await failure_of(poster)).wait for _ in range(3)]
    assert seconds == 120
    assert date is not None
    assert 590 < date <= 600
    assert unreadable is None


async def test_only_the_beginning_of_a_large_answer_is_read(receiver: Receiver) -> None:
    size = 64 * 1024 * 1024
    receiver.answers = [f"HTTP/1.1 500 Oh No\r\ncontent-length: {size}\r\n\r\n".encode() + b"x" * size]
    failed = await failure_of(to(receiver))
    assert len(str(failed)) < 300
    assert receiver.written < size / 4


async def test_an_unreachable_receiver_is_retried() -> None:
    poster = WebhookPoster(Webhook(f"http://127.0.0.1:{free_port()}/", private_addresses=True))
    assert not (await failure_of(poster)).final


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"])
async def test_private_addresses_are_refused_before_anything_is_sent(receiver: Receiver, host: str) -> None:
    poster = WebhookPoster(Webhook(f"http://{host}:{receiver.port}/hook"))
    failed = await failure_of(poster)
    assert failed.final
    assert "private address" in str(failed)
    assert receiver.received == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://x.example/", "no address", ""])
async def test_only_http_addresses_are_called(url: str) -> None:
    assert (await failure_of(WebhookPoster(Webhook(url)))).final
