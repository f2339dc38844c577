"""How long rows are kept that nobody needs any more. What is not listed here is kept for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Expiring(StrEnum):
    """A kind of row that is removed at a certain age."""

    SESSIONS = "sessions"
    SIGN_IN_LINKS = "sign_in_links"
    REQUEST_KEYS = "request_keys"
    """Idempotency keys of API requests."""
    RECEIVED_WEBHOOKS = "received_webhooks"
    WEBHOOK_DELIVERIES = "webhook_deliveries"
    """Deliveries in the inbox, with their answers."""
    WEBHOOK_BODIES = "webhook_bodies"
    """What a delivery contained. Its answer stays for its own age."""
    ROUNDS = "rounds"
    """Rounds that made no offer."""
    MESSAGE_BODIES = "message_bodies"
    """What a delivered message was about. Its recipient, kind and times stay on the escalation's page."""
    FREE_TEXT = "free_text"
    """Free text that the previous release stored by reference."""

    CALL_PAGES = "call_pages"
    """Which page of which side was in a call."""
    CALL_SIGNALS = "call_signals"
    """What two pages sent each other to connect. Most go when their call ends."""


CALL_PAGES_KEPT = timedelta(hours=12)
"""Longer than any call lasts. No setting: nobody needs them any more."""
CALL_SIGNALS_KEPT = timedelta(minutes=10)


@dataclass(frozen=True)
class Retention:
    """The age at which each kind of row is removed, and at which ended escalations are archived."""

    ages: Mapping[Expiring, timedelta]
    archive_after: timedelta | None = None
    """Time since an escalation was closed; None if nothing is archived."""
