"""The address of a request's sender, which a trusted proxy reports in ``X-Forwarded-For``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network
_KNOWN = "address_known"


class ClientAddress:
    """Replaces the peer's address by its client's if the peer is a trusted proxy.

    Proxies append to the header, so it is read from its end: what precedes the last address that isn't a trusted
    proxy's was written by the client and could be anything.
    """

    def __init__(self, app: ASGIApp, *, trusted: Sequence[Network]) -> None:
        self.app = app
        self._trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            peer = scope["client"][0] if scope.get("client") else ""
            values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
            hops = [hop.strip() for value in values for hop in value.split(",")]
            client = self._client(hops) if self._is_trusted(peer) else None
            if client is not None:
                scope["client"] = (client, 0)
            # Else everybody behind the proxy would share its address, and the limit on its guesses.
            scope.setdefault("state", {})[_KNOWN] = not hops or client is not None
        await self.app(scope, receive, send)

    def _client(self, hops: list[str]) -> str | None:
        """The last hop that isn't a trusted proxy; None if there is none, or it isn't an address."""
        last = next((hop for hop in reversed(hops) if not self._is_trusted(hop)), "")
        address = _address(last)
        return None if address is None else str(address)

    def _is_trusted(self, hop: str) -> bool:
        address = _address(hop)
        return address is not None and any(address in network for network in self._trusted)


def _address(hop: str) -> IPv4Address | IPv6Address | None:
    """The address of a hop, which some proxies write with its port: ``203.0.113.7:5512``, ``[2001:db8::7]:5512``."""
    with suppress(ValueError):
        return ip_address(hop)
    with suppress(ValueError):
        return ip_address(urlsplit(f"//{hop}").hostname or "")
    return None


def known_address(request: Request) -> str | None:
    """The sender's address; None if a proxy hides it: one that isn't listed as trusted, or that doesn't name it."""
    if not getattr(request.state, _KNOWN, True):
        return None
    return request.client.host if request.client else None
