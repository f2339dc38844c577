"""The filter of private addresses, asked about every special range of the registries. Nothing is connected to."""

from __future__ import annotations

import ipaddress
import random

import pytest

from activities.integrations.public_address import is_public

SPECIAL = (
    # https://www.iana.org/assignments/iana-ipv4-special-registry
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.0.0/29",
    "192.0.0.8/32",
    "192.0.0.9/32",
    "192.0.0.10/32",
    "192.0.0.170/31",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
    # https://www.iana.org/assignments/iana-ipv6-special-registry, and what other documents reserve
    "::/128",
    "::1/128",
    "::/96",
    "::ffff:0:0:0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001::/32",
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:1::3/128",
    "2001:2::/48",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:30::/28",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
)
PUBLIC = (
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.0.3.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:200::1",
    "2606:2800:220:1:248:1893:25c8:1946",
    "2a00:1450:4001:800::200e",
    "::ffff:93.184.216.34",
    "64:ff9b::93.184.216.34",
)


def some_of(network: str) -> list[str]:
    """The first, the last and some other addresses of a range."""
    whole = ipaddress.ip_network(network)
    chance = random.Random(network)
    others = [whole[chance.randrange(whole.num_addresses)] for _ in range(20)]
    return [str(address) for address in (whole[0], whole[-1], *others)]


@pytest.mark.parametrize("network", SPECIAL)
def test_no_address_of_a_special_range_is_public(network: str) -> None:
    assert [address for address in some_of(network) if is_public(address)] == []


@pytest.mark.parametrize("network", [network for network in SPECIAL if "." in network])
@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::"])
def test_no_special_address_is_public_for_being_wrapped_in_another(network: str, prefix: str) -> None:
    assert [address for address in some_of(network) if is_public(prefix + address)] == []


@pytest.mark.parametrize("address", ["fe80::1%eth0", "ff02::1%3", "4000::1", "1000::1", "e000::1"])
def test_an_address_of_no_public_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_beside_the_special_ranges_are_public(address: str) -> None:
    assert is_public(address)
