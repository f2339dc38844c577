"""Authenticates webhooks by the signature over their raw body and by their timestamp."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.failure import Failure

WRONG = "The signature does not fit the body and this source's secret."
WINDOW = timedelta(minutes=5)
"""How far a webhook's timestamp may differ from our clock; older webhooks may be replays."""


@dataclass
class SignatureRefused(Failure):
    reason: str
    unknown_source: bool = False
    """For the inbox alone: no source has this name. The answer doesn't tell."""

    status = 401
    title = "The signature is not valid"

    @property
    def detail(self) -> str:
        return self.reason


@dataclass
class SourceDeleted(Failure):
    """A webhook for a source that an administrator deleted."""

    status = 410
    title = "This source was deleted"

    @property
    def detail(self) -> str:
        return "An administrator deleted this webhook source. Remove the webhook from the help desk."


def zendesk_signature(secret: str, timestamp: str, body: bytes) -> str:
    """Zendesk's scheme: base64 of HMAC-SHA256 over the timestamp and the raw body."""
    mac = hmac.digest(secret.encode(), timestamp.encode() + body, hashlib.sha256)
    return base64.b64encode(mac).decode()


def signed_with(secrets: Iterable[str], timestamp: str, signature: str, body: bytes, now: datetime) -> str:
    """The secret that signed this. Raises ``SignatureRefused`` if none did, or not lately.

    Compares in constant time.
    """
    if not timestamp or not signature:
        raise SignatureRefused("Send X-Zendesk-Webhook-Signature and X-Zendesk-Webhook-Signature-Timestamp.")
    fitting = [
        secret
        for secret in secrets
        if hmac.compare_digest(zendesk_signature(secret, timestamp, body).encode(), signature.encode())
    ]
    if not fitting:
        raise SignatureRefused(WRONG)
    try:
        sent_at = datetime.fromisoformat(timestamp)
    except ValueError:
        raise SignatureRefused("The timestamp is not an ISO 8601 time.") from None
    if sent_at.tzinfo is None or abs(now - sent_at) > WINDOW:
        raise SignatureRefused("The timestamp differs from our time by more than five minutes.")
    return fitting[0]
