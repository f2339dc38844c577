"""Whose ticket an open escalation is of: never another account's, whoever asks."""

from __future__ import annotations

import pytest

from domain.ticket_account import OpenTicket, is_of, only

HARBOR, MARINA = "harbor.zendesk.com", "marina.zendesk.com"
AT_HARBOR = "https://harbor.zendesk.com/agent/tickets/777"


def ticket(account: str, url: str = "", opened_by: str = "person:1") -> OpenTicket:
    return OpenTicket("one", account, url, opened_by)


@pytest.mark.parametrize(
    ("standing", "account", "asked_by", "same"),
    [
        (ticket(HARBOR), HARBOR, "person:2", True),
        (ticket(HARBOR), MARINA, "webhook:marina", False),
        (ticket(HARBOR, opened_by="webhook:marina"), MARINA, "webhook:marina", False),
        (ticket("", AT_HARBOR), HARBOR, "person:2", True),
        (ticket("", AT_HARBOR), MARINA, "webhook:marina", False),
        (ticket("harbor", opened_by="webhook:harbor"), HARBOR, "webhook:harbor", True),
        (ticket("", opened_by="webhook:harbor"), HARBOR, "webhook:harbor", True),
        (ticket("harbor", opened_by="webhook:harbor"), HARBOR, "webhook:marina", False),
        (ticket("harbor", opened_by="webhook:harbor"), HARBOR, "person:2", False),
        (ticket(""), "", "person:2", True),
        (ticket(""), HARBOR, "person:2", False),
    ],
    ids=str,
)
def test_an_escalation_is_of_its_own_accounts_ticket(
    standing: OpenTicket, account: str, asked_by: str, same: bool
) -> None:
    assert is_of(standing, account, asked_by) is same


def test_the_only_account_is_the_one_there_is() -> None:
    assert [only(known) for known in ([], [""], ["", HARBOR], [HARBOR, MARINA])] == ["", "", HARBOR, ""]
