"""Whose ticket a webhook speaks of: never another source's."""

from __future__ import annotations

import pytest

from domain.ticket_account import OpenTicket, Sender, account_sent, meant

HARBOR, MARINA = "harbor.zendesk.com", "marina.zendesk.com"
AT_HARBOR = "https://harbor.zendesk.com/agent/tickets/777"


def sender(name: str = "harbor", *accounts: str, alone: bool = False) -> Sender:
    return Sender(name, alone, frozenset(accounts))


@pytest.mark.parametrize(
    ("url", "sent_by", "account"),
    [
        (AT_HARBOR, sender("anything", MARINA), HARBOR),
        ("", sender("harbor", HARBOR), HARBOR),
        ("", sender("harbor", HARBOR, MARINA), "harbor"),
        ("", sender("harbor"), "harbor"),
        ("", sender("harbor", alone=True), ""),
        ("", sender("harbor", HARBOR, alone=True), HARBOR),
    ],
)
def test_a_ticket_belongs_to_its_address_else_to_what_its_source_raises(
    url: str, sent_by: Sender, account: str
) -> None:
    assert account_sent(url, sent_by) == account


BY_DESK = OpenTicket("by desk at harbor", HARBOR, "person:1")
BY_MARINA = OpenTicket("by marina", MARINA, "webhook:marina")
NAMELESS = OpenTicket("by harbor without address", "harbor", "webhook:harbor")
UNKNOWN = OpenTicket("by desk, a number alone", "", "person:1")


@pytest.mark.parametrize(
    ("url", "sent_by", "found"),
    [
        (AT_HARBOR, sender("harbor"), [BY_DESK, NAMELESS]),
        (AT_HARBOR, sender("marina", MARINA), [BY_DESK]),
        ("", sender("harbor", HARBOR), [BY_DESK, NAMELESS]),
        ("", sender("harbor"), [NAMELESS]),
        ("", sender("marina", MARINA), [BY_MARINA]),
        ("", sender("third"), []),
        ("", sender("third", HARBOR, alone=True), [BY_DESK, UNKNOWN]),
        ("", sender("third", alone=True), [BY_DESK, BY_MARINA, NAMELESS, UNKNOWN]),
    ],
)
def test_solved_means_a_ticket_of_the_senders_accounts(url: str, sent_by: Sender, found: list[OpenTicket]) -> None:
    assert meant(url, sent_by, [BY_DESK, BY_MARINA, NAMELESS, UNKNOWN]) == found
