"""Webhooks out: a JSON body posted to an address that somebody gave us.

It has Standard Webhooks' headers, unsigned: the same ``webhook-id`` on every attempt, and when it was made.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import httpx

from activities.integrations.public_address import address_to_call
from domain.delivery import Undelivered

LONGEST_ANSWER = 2048
"""Bytes of an answer that are read."""


class ChatPoster(Protocol):
    async def post(self, message_id: str, payload: Mapping[str, Any]) -> None:
        """Post one message. Raises ``Undelivered``; then it may still have arrived."""


@dataclass(frozen=True)
class Webhook:
    url: str
    private_addresses: bool = False
    """Whether it may lead into a private network."""
    timeout: float = 15
    """Seconds for the whole of one attempt."""


class WebhookPoster:
    """Posts to one webhook. Redirects are not followed, proxies of the environment not used."""

    def __init__(self, webhook: Webhook) -> None:
        self._webhook = webhook

    async def post(self, message_id: str, payload: Mapping[str, Any]) -> None:
        try:
            async with asyncio.timeout(self._webhook.timeout):
                await self._post(message_id, json.dumps(payload).encode())
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            raise Undelivered(f"the webhook does not answer: {error or type(error).__name__}") from error

    async def _post(self, message_id: str, body: bytes) -> None:
        called = httpx.URL(self._webhook.url)
        address = await address_to_call(called, self._webhook.private_addresses)
        headers = {
            "host": called.netloc.decode("ascii"),
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(time.time())),
        }
        async with (
            httpx.AsyncClient(timeout=self._webhook.timeout, trust_env=False, follow_redirects=False) as client,
            client.stream(
                "POST",
                called.copy_with(host=address),
                content=body,
                headers=headers,
                # The certificate must be that of the name, although the address is called.
                extensions={"sni_hostname": called.host},
            ) as answer,
        ):
            if not answer.is_success:
                raise _refusal(answer, await _beginning(answer))


async def _beginning(answer: httpx.Response) -> str:
    """The first bytes of an answer, undecoded, so that nothing small can unfold into something large."""
    read = b""
    async for chunk in answer.aiter_raw():
        read += chunk
        if len(read) >= LONGEST_ANSWER:
            break
    return read[:LONGEST_ANSWER].decode("utf-8", "replace")


def _refusal(answer: httpx.Response, beginning: str) -> Undelivered:
    """410: the receiver is gone for good. All else may pass."""
    said = " ".join(beginning.split())[:200]
    reason = f"the webhook answered {answer.status_code}{said and ': ' + said}"
    return Undelivered(reason, final=answer.status_code == httpx.codes.GONE, wait=_asked_wait(answer))


def _asked_wait(answer: httpx.Response) -> float | None:
    """``Retry-After`` in seconds, written as seconds or as a date."""
    asked = answer.headers.get("retry-after", "").strip()
    if asked.isdecimal():
        return float(asked[:9])
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return None
    return max((until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0)
