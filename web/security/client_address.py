"""The address of a request's sender, which a trusted proxy reports in ``X-Forwarded-For``."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

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
            is_proxy = self._is_trusted(peer)
            if hops and is_proxy:
                scope["client"] = (self._client(hops) or peer, 0)
            scope.setdefault("state", {})[_KNOWN] = not hops or is_proxy
        await self.app(scope, receive, send)

    def _client(self, hops: list[str]) -> str | None:
        """The last hop that isn't a trusted proxy; None if there is none, or it isn't an address."""
        last = next((hop for hop in reversed(hops) if not self._is_trusted(hop)), None)
        try:
            return str(ip_address(last)) if last else None
        except ValueError:
            return None

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)


def known_address(request: Request) -> str | None:
    """The sender's address; None if a proxy hides it that isn't listed as trusted."""
    if not getattr(request.state, _KNOWN, True):
        return None
    return request.client.host if request.client else None
