"""SSRF protection: an address's host is resolved once, and we connect to the very IP address that was checked.

If the HTTP client resolved the name again, it could get a different IP address the second time.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket

import httpx

from domain.delivery import Undelivered

PORTS = range(1, 65536)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


async def address_to_call(url: httpx.URL, private_allowed: bool, what: str = "webhook") -> str:
    """The IP address to connect to. Raises ``Undelivered`` if it is private, unless private addresses are allowed.

    ``what`` names the address in errors: "webhook", "calendar".
    """
    if url.scheme not in ("http", "https") or not url.host:
        raise Undelivered(f"the {what}'s address doesn't begin with http:// or https://", final=True)
    port = (443 if url.scheme == "https" else 80) if url.port is None else url.port
    if port not in PORTS:
        raise Undelivered(f"the {what}'s address has an invalid port", final=True)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    resolved = [str(entry[4][0]) for entry in found]
    allowed = [ip_address for ip_address in resolved if private_allowed or is_public(ip_address)]
    if not allowed:
        raise Undelivered(f"the {what} is at a private address, which the settings don't allow", final=True)
    return allowed[0]


def is_public(ip_address: str) -> bool:
    """Whether an IP address is on the public internet. IPv4 addresses embedded in IPv6 are unwrapped first."""
    address = ipaddress.ip_address(ip_address.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            address = inner
    return address.is_global and not address.is_multicast
