"""Which address that somebody gave us may be called: looked up once, judged, and then called by its number.

A name that is looked up again by the HTTP client could lead elsewhere the second time.
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
    """The number to connect to. Raises ``Undelivered`` for a private one, unless allowed. ``what`` it leads to."""
    if url.scheme not in ("http", "https") or not url.host:
        raise Undelivered(f"the {what}'s address is not http:// or https://", final=True)
    port = (443 if url.scheme == "https" else 80) if url.port is None else url.port
    if port not in PORTS:
        raise Undelivered(f"the {what}'s address has a port that does not exist", final=True)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    numbers = [str(entry[4][0]) for entry in found]
    fit = [number for number in numbers if private_allowed or is_public(number)]
    if not fit:
        raise Undelivered(f"the {what} leads to a private address, which the settings don't allow", final=True)
    return fit[0]


def is_public(number: str) -> bool:
    """Whether an address belongs to the public internet, looking through the ways of writing IPv4 in IPv6."""
    address = ipaddress.ip_address(number.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            address = inner
    return address.is_global and not address.is_multicast
