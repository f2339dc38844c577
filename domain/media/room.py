"""The room: where the two sides of a call talk. Muster's own call page, a Jitsi server, or any address with the call's
id in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

CALL_ID = "{call_id}"
PUBLIC_URL = "{public_url}"
_JITSI_OPTIONS = (
    "config.prejoinConfig.enabled=true",
    "config.disableInviteFunctions=true",
    "config.fileRecordingsEnabled=false",
    "config.liveStreamingEnabled=false",
    "config.localRecording.disable=true",
)
"""Jitsi reads these from the fragment: its own device check first, no invitations, and no recording."""


class Room(Protocol):
    """Where calls take place. Each call has its own."""

    @property
    def own_page(self) -> bool:
        """Whether the call takes place in Muster's own pages."""

    @property
    def site(self) -> str:
        """Scheme and host of the provider, such as ``https://meet.example``; empty if it is this site."""

    def address(self, call_id: str) -> str:
        """The address of this call's room; empty if it is the page on which the call was joined."""


@dataclass(frozen=True)
class BuiltInRoom:
    own_page: bool = True
    site: str = ""

    def address(self, call_id: str) -> str:
        return ""


@dataclass(frozen=True)
class AddressRoom:
    """``template`` contains ``{call_id}``, such as ``https://meet.example/{call_id}``."""

    template: str
    own_page: bool = False

    @property
    def site(self) -> str:
        return _site(self.template)

    def address(self, call_id: str) -> str:
        return self.template.replace(CALL_ID, call_id)


@dataclass(frozen=True)
class JitsiRoom:
    """``server`` is the address of a Jitsi Meet, such as ``https://jitsi.example``."""

    server: str
    own_page: bool = False

    @property
    def site(self) -> str:
        return _site(self.server)

    def address(self, call_id: str) -> str:
        return f"{self.server.rstrip('/')}/muster-{call_id}#{'&'.join(_JITSI_OPTIONS)}"


def room_of(room_url: str, jitsi_url: str, public_url: str) -> Room:
    """The room that these settings choose; without either, the built-in one."""
    if room_url:
        return AddressRoom(room_url.replace(PUBLIC_URL, public_url))
    return JitsiRoom(jitsi_url) if jitsi_url else BuiltInRoom()


def _site(address: str) -> str:
    parts = urlsplit(address.replace("{", "").replace("}", ""))
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""
