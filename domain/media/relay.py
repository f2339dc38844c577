"""The servers that help two browsers to reach each other, and short-lived credentials for those that relay media.

The credentials are those of coturn's ``--use-auth-secret``: the user name begins with the second at which it expires,
and the password is an HMAC of the name. See draft-uberti-behave-turn-rest-00.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

VALID_FOR = timedelta(hours=1)
"""How long credentials are valid. A page asks again for each connection and each restart."""
STUN, TURN = ("stun:", "stuns:"), ("turn:", "turns:")


@dataclass(frozen=True)
class CallRelays:
    """The servers of an installation, from its settings."""

    stun: tuple[str, ...] = ()
    """Such as ``stun:turn.example:3478``."""
    turn: tuple[str, ...] = ()
    """Such as ``turn:turn.example:3478?transport=udp``."""
    secret: str = ""

    def servers(self, call_id: str, side: str, now: datetime) -> list[dict[str, object]]:
        """For ``RTCPeerConnection``: the relays with credentials for one side of this call alone."""
        servers: list[dict[str, object]] = [{"urls": list(self.stun)}] if self.stun else []
        if self.turn and self.secret:
            name, password = credentials(self.secret, call_id, side, now)
            servers.append({"urls": list(self.turn), "username": name, "credential": password})
        return servers


def credentials(secret: str, call_id: str, side: str, now: datetime) -> tuple[str, str]:
    """User name and password for one side of a call, valid for ``VALID_FOR``."""
    name = f"{int((now + VALID_FOR).timestamp())}:{call_id}/{side}"
    return name, base64.b64encode(hmac.digest(secret.encode(), name.encode(), "sha1")).decode()


def addresses(listed: str, schemes: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses of servers, separated by commas. Raises ``ValueError`` if one has another scheme."""
    found = tuple(one.strip() for one in listed.split(",") if one.strip())
    for one in found:
        if not one.startswith(schemes):
            raise ValueError(f"expected {' or '.join(schemes)}, found {one}")
    return found
