"""Outgoing webhooks: a JSON body posted to a configured address.

They carry the Standard Webhooks headers without a signature: a ``webhook-id``, the same on every attempt, and the
attempt's time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import httpx

from activities.integrations.public_address import address_to_call
from database.clock import current_time
from domain.delivery import Undelivered

LONGEST_ANSWER = 2048
"""Maximum bytes read from a response."""


class ChatPoster(Protocol):
    async def post(self, message_id: str, payload: Mapping[str, Any]) -> None:
        """Post one message. Raises ``Undelivered``; even then, the message may have arrived."""


@dataclass(frozen=True)
class Webhook:
    url: str
    private_addresses: bool = False
    """Whether the address may be on a private network."""
    timeout: float = 15
    """Time limit in seconds for one whole attempt."""


class WebhookPoster:
    """Posts to one webhook. Ignores redirects, and proxies set in the environment."""

    def __init__(self, webhook: Webhook) -> None:
        self._webhook = webhook

    async def post(self, message_id: str, payload: Mapping[str, Any]) -> None:
        try:
            async with asyncio.timeout(self._webhook.timeout):
                await self._post(message_id, json.dumps(payload).encode())
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
            raise Undelivered(f"the webhook does not answer: {error or type(error).__name__}") from error

    async def _post(self, message_id: str, body: bytes) -> None:
        url = httpx.URL(self._webhook.url)
        ip_address = await address_to_call(url, self._webhook.private_addresses)
        headers = {
            "host": url.netloc.decode("ascii"),
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(current_time().timestamp())),
        }
        async with (
            httpx.AsyncClient(timeout=self._webhook.timeout, trust_env=False, follow_redirects=False) as client,
            client.stream(
                "POST",
                url.copy_with(host=ip_address),
                content=body,
                headers=headers,
                # The certificate must match the host name, although we connect by IP address.
                extensions={"sni_hostname": url.host},
            ) as answer,
        ):
            if not answer.is_success:
                raise _refusal(answer, await _beginning(answer))


async def _beginning(answer: httpx.Response) -> str:
    """The first bytes of a response, never decompressed, so that a small response can't expand into a large one."""
    read = b""
    async for chunk in answer.aiter_raw():
        read += chunk
        if len(read) >= LONGEST_ANSWER:
            break
    return read[:LONGEST_ANSWER].decode("utf-8", "replace")


def _refusal(answer: httpx.Response, beginning: str) -> Undelivered:
    """The failure to report. 410 Gone is final; every other status is retried."""
    excerpt = " ".join(beginning.split())[:200]
    reason = f"the webhook answered {answer.status_code}{excerpt and ': ' + excerpt}"
    return Undelivered(reason, final=answer.status_code == httpx.codes.GONE, wait=_retry_after(answer))


def _retry_after(answer: httpx.Response) -> float | None:
    """The ``Retry-After`` header in seconds, whether given in seconds or as a date."""
    header = answer.headers.get("retry-after", "").strip()
    if header.isdecimal():
        return float(header[:9])
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max((until.replace(tzinfo=until.tzinfo or UTC) - current_time()).total_seconds(), 0)
