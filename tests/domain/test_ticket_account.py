"""Which account's ticket an open escalation is for: never another account's, whoever asks."""

from __future__ import annotations

import pytest

from domain.ticket_account import OpenTicket, is_of, only

HARBOR, MARINA = "harbor.zendesk.com", "marina.zendesk.com"
AT_HARBOR = "https://harbor.zendesk.com/agent/tickets/777"


def ticket(account: str, url: str = "", opened_by: str = "person:1") -> OpenTicket:
    return OpenTicket("one", account, url, opened_by)


@pytest.mark.parametrize(
    ("existing", "account", "actor", "same"),
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
def test_an_escalation_is_for_its_own_accounts_ticket(
    existing: OpenTicket, account: str, actor: str, same: bool
) -> None:
    assert is_of(existing, account, actor) is same


def test_the_only_account_is_returned_if_there_is_exactly_one() -> None:
    assert [only(accounts) for accounts in ([], [""], ["", HARBOR], [HARBOR, MARINA])] == ["", "", HARBOR, ""]
