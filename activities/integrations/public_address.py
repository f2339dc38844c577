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
SPECIAL_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private use
            "100.64.0.0/10",  # shared by a provider's customers
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local; cloud machines find their credentials here
            "172.16.0.0/12",  # private use
            "192.0.0.0/24",  # IETF protocol assignments
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT relays
            "192.88.99.0/24",  # 6to4 relays, deprecated
            "192.168.0.0/16",  # private use
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
"""IANA's registries of special-purpose and multicast addresses. Our own list, because Python's differs by version."""
GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
"""The only IPv6 addresses that are given to networks of the public internet."""
SPECIAL_IPV6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # IETF protocol assignments, such as Teredo, benchmarks and ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which embeds IPv4 addresses; deprecated
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
"""The special ranges within ``GLOBAL_IPV6``."""
EMBEDDING = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96")))
"""IPv6 addresses that end with the IPv4 address to which the packet goes: mapped ones and NAT64's."""


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
    """Whether an IP address is on the public internet. What isn't known to be public is not."""
    address = ipaddress.ip_address(ip_address.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and any(address in prefix for prefix in EMBEDDING):
        address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in special for special in SPECIAL_IPV4)
    return address in GLOBAL_IPV6 and not any(address in special for special in SPECIAL_IPV6)
