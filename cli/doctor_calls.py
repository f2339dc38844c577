"""Whether calls can take place: a room, a secure address, and a relay that answers."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from cli.findings import Finding
from config.settings import Settings

ANSWER_WITHIN = 2.0
STUN_PORT = 3478
_MAGIC = bytes.fromhex("2112a442")
"""RFC 8489, section 5: the same in every message."""


def examine_calls(settings: Settings) -> Iterator[Finding]:
    """What would keep two people from talking. A missing relay isn't wrong: within one network, calls need none."""
    room = settings.room
    if not room.own_page:
        yield Finding("calls", True, f"take place at {room.site or room.address('{call_id}')}")
        return
    if not is_secure(settings.base_url):
        problem = f"browsers allow no camera and microphone at {settings.base_url}: serve it with https"
        yield Finding("calls", False, f"{problem}, and set MUSTER_PUBLIC_URL")
        return
    yield from _relays(settings)


def is_secure(url: str) -> bool:
    """Whether browsers take pages at this address for secure."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        local = ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost" or host.endswith(".localhost")
    return parts.scheme == "https" or local


def _relays(settings: Settings) -> Iterator[Finding]:
    relays = settings.call_relays
    if not relays.turn:
        detail = "in our own pages, without a relay (MUSTER_TURN_SERVERS): people behind strict firewalls can't connect"
        yield Finding("calls", True, detail)
        return
    if not relays.secret:
        yield Finding("calls", False, "MUSTER_TURN_SERVERS needs MUSTER_TURN_SECRET, the relay's own secret")
        return
    for server in relays.turn:
        silent = not _answers(*_place(server)) if _over_udp(server) else False
        problem = f"the relay {server} does not answer from here"
        yield Finding("calls", not silent, problem if silent else f"in our own pages, with the relay {server}")


def _over_udp(server: str) -> bool:
    return server.startswith("turn:") and "transport=tcp" not in server


def _place(server: str) -> tuple[str, int]:
    parts = urlsplit(f"//{server.partition(':')[2].partition('?')[0]}")
    return parts.hostname or "", parts.port or STUN_PORT


def _answers(host: str, port: int) -> bool:
    """Whether a server at this address answers a STUN binding request (RFC 8489, section 6)."""
    transaction = secrets.token_bytes(12)
    request = bytes.fromhex("00010000") + _MAGIC + transaction
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as asking:
            asking.settimeout(ANSWER_WITHIN)
            asking.sendto(request, address)
            answer = asking.recv(2048)
    except OSError:
        return False
    return answer[:2] == bytes.fromhex("0101") and answer[8:20] == transaction
