"""Ids, queue names, channels and tokens: all of them are built here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from datetime import datetime

TASK_QUEUE = "escalations"
OUTBOX_CHANNEL = "outbox"
"""NOTIFY channel: an event is waiting to be relayed to its workflow."""
KICK_CHANNEL = "kick"
"""NOTIFY channel: a round may now find somebody, because a person is free, or a call was declined, moved or is due."""
LIVE_CHANNEL = "live"
"""NOTIFY channel: pages that show the object named in the payload should update. Payload: ``escalation:<id>``,
``person:<id>``, ``round:<id>``; ``story:<id>`` concerns an escalation's story alone, so that a round of hundreds of
offers doesn't make hundreds of desks refresh. ``call:<id>`` and ``call:<id>:<signal>`` concern the pages of one call.
"""
REBUILD_CHANNEL = "rebuild"
"""NOTIFY channel: support ops asked for a workflow to be rebuilt."""
MESSAGE_CHANNEL = "message"
"""NOTIFY channel: a message is waiting to be sent."""

_CALLS = uuid.UUID("6b0fe0a5-9f0e-4f2b-8c4e-0f6a6a1c2d3e")


def workflow_id(escalation_id: str) -> str:
    return f"escalation-{escalation_id}"


def call_id(escalation_id: str, nth: int) -> str:
    """The deterministic id of an escalation's nth call."""
    return str(uuid.uuid5(_CALLS, f"{escalation_id}/{nth}"))


def message_id(escalation_id: str, key: str) -> str:
    """The id of one message: a second copy has the same id, but a different message has another."""
    return str(uuid.uuid5(_CALLS, f"{escalation_id}/message/{key}"))


class Tokens:
    """Secret tokens for links: 32 bytes each, derived from the installation's key.

    A derived token is as hard to guess as a random one. It can also be written into an email again after a crash,
    although the database stores only its hash (docs/decisions/0002).
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("the secret key must have at least 32 bytes")
        self._key = key

    def _token(self, *parts: object) -> str:
        name = "\x1f".join(str(part) for part in parts).encode()
        return base64.urlsafe_b64encode(hmac.digest(self._key, name, hashlib.sha256)).rstrip(b"=").decode()

    def installation(self) -> str:
        """A public mark: all processes with this key have the same, and it gives away nothing of the key."""
        return self._token("installation")[:16]

    def customer_link(self, escalation_id: str, nth: int) -> str:
        return self._token("customer_link", escalation_id, nth)

    def customer_join(self, call: str) -> str:
        return self._token("join", call, "customer")

    def agent_join(self, call: str, offer_nth: int) -> str:
        return self._token("join", call, "agent", offer_nth)

    def survey(self, call: str) -> str:
        return self._token("survey", call)

    def own_calendar(self, person: int, nth: int) -> str:
        """The token for the calendar in which a person sees their calls; a new token replaces the old one."""
        return self._token("own_calendar", person, nth)

    def form(self, session: str, purpose: str, at: datetime | None = None) -> str:
        """A form token: proof that we rendered the form for this session."""
        return self._token("form", session, purpose, at.isoformat() if at else "")


def token_hash(token: str) -> bytes:
    """The hash of a token, as stored in the database."""
    return hashlib.sha256(token.encode()).digest()
