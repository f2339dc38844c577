"""Which account's ticket an open escalation is for: never another account's, whoever asks."""

from __future__ import annotations

import pytest

from domain.tickets.account import (
    AccountSource,
    AccountUnclear,
    KnownAccounts,
    OpenTicket,
    TicketIdentity,
    identify,
    identify_bare,
    indistinct,
    is_of,
    is_sole,
    only,
)

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


SOURCES = (AccountSource("harbor", "zendesk", HARBOR), AccountSource("marina", "zendesk", "help.marina.example"))


@pytest.mark.parametrize(
    ("system", "number", "url", "account", "identity"),
    [
        ("zendesk", "777", AT_HARBOR, "", ("zendesk", HARBOR, "777")),
        ("Help desk", "#777", "https://harbor.zendesk.com/agent/#/tickets/777", "", ("zendesk", HARBOR, "777")),
        (
            "zendesk",
            "777",
            "https://help.marina.example/agent/tickets/777",
            "",
            ("zendesk", "help.marina.example", "777"),
        ),
        ("zendesk", "777", AT_HARBOR, MARINA, ("zendesk", MARINA, "777")),
        (
            "jira",
            "boat-12",
            "https://harbor.atlassian.net/browse/BOAT-12",
            "",
            ("jira", "harbor.atlassian.net", "BOAT-12"),
        ),
        ("crm", "C-5", AT_HARBOR, "", ("zendesk", HARBOR, "C-5")),
        ("crm", "C-5", "https://crm.harbor.example/cases/C-5", "", ("crm", "crm.harbor.example", "C-5")),
        ("zendesk", "777", "", "harbor", ("zendesk", "harbor", "777")),
    ],
)
def test_whoever_names_a_ticket_means_the_same_one(
    system: str, number: str, url: str, account: str, identity: tuple[str, str, str]
) -> None:
    assert identify(system, number, url, SOURCES, account) == TicketIdentity(*identity)


def test_a_number_means_a_ticket_of_the_only_source_or_the_only_account() -> None:
    unknown = AccountSource("harbor", "zendesk", "")
    cases = [
        (KnownAccounts(SOURCES[:1], {"zendesk": (HARBOR, MARINA)}), HARBOR),
        (KnownAccounts((), {"zendesk": (HARBOR,)}), HARBOR),
        (KnownAccounts((unknown,), {"zendesk": (HARBOR,)}), HARBOR),
        (KnownAccounts((unknown,)), "harbor"),
        (KnownAccounts(SOURCES[:1], {}), HARBOR),
        (KnownAccounts(), ""),
    ]
    for known, account in cases:
        assert identify_bare("zendesk", "#777", known) == TicketIdentity("zendesk", account, "777")


@pytest.mark.parametrize(
    "known",
    [
        KnownAccounts(SOURCES),
        KnownAccounts((), {"zendesk": (HARBOR, MARINA)}),
        KnownAccounts((AccountSource("harbor", "zendesk", ""),), {"zendesk": (HARBOR, MARINA)}),
    ],
)
def test_with_several_accounts_a_number_means_no_ticket(known: KnownAccounts) -> None:
    with pytest.raises(AccountUnclear):
        identify_bare("zendesk", "777", known)


def test_a_ticket_of_an_unknown_account_is_the_only_accounts() -> None:
    identity = TicketIdentity("zendesk", HARBOR, "777")
    assert is_sole(identity, KnownAccounts(SOURCES[:1], {"zendesk": (HARBOR,)}))
    assert not is_sole(identity, KnownAccounts(SOURCES))
    assert not is_sole(identity, KnownAccounts((), {"zendesk": (HARBOR, MARINA)}))
    existing = OpenTicket("one", "", "", "person:1", "zendesk", "777")
    assert is_of(existing, HARBOR, "person:2", "zendesk", sole=True)
    assert not is_of(existing, HARBOR, "person:2", "jira", sole=True)


def test_two_programs_at_one_host_keep_their_tickets_apart() -> None:
    existing = OpenTicket("one", "desk.harbor.example", "", "api:crm", "crm", "5")
    assert not is_of(existing, "desk.harbor.example", "api:billing", "billing")
    assert is_of(existing, "desk.harbor.example", "person:1", "desk.harbor.example")


def test_open_escalations_of_unknown_accounts_are_listed_beside_their_doubles() -> None:
    def at(escalation: str, account: str, number: str = "777") -> OpenTicket:
        return OpenTicket(escalation, account, "", "person:1", "zendesk", number)

    assert indistinct([at("a", HARBOR), at("b", MARINA), at("c", "", "778")]) == []
    assert indistinct([at("a", HARBOR), at("b", "")]) == [(at("a", HARBOR), at("b", ""))]
    assert indistinct([at("a", HARBOR), at("b", HARBOR)]) == [(at("a", HARBOR), at("b", HARBOR))]
