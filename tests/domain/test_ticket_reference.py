"""Parsing what an agent pastes as a ticket."""

import pytest

from domain.ticket_reference import ReferenceUnclear, TicketReference, account_of, read_reference


@pytest.mark.parametrize(
    ("given", "system", "ticket"),
    [
        ("https://harbor.zendesk.com/agent/tickets/4711", "zendesk", "4711"),
        ("https://harbor.zendesk.com/hc/en-us/requests/4711?page=2", "zendesk", "4711"),
        ("https://harbor.freshdesk.com/a/tickets/99", "freshdesk", "99"),
        ("https://app.intercom.com/a/inbox/x1/inbox/all/conversation/2150001", "intercom", "2150001"),
        ("https://secure.helpscout.net/conversation/123456/789/", "helpscout", "123456"),
        ("https://harbor.atlassian.net/browse/BOAT-12", "jira", "BOAT-12"),
        ("https://tickets.harborboats.example/cases/2026/C-1881", "tickets.harborboats.example", "C-1881"),
    ],
)
def test_an_address_names_its_system_and_ticket(given: str, system: str, ticket: str) -> None:
    assert read_reference(f"  {given} ", "zendesk") == TicketReference(system, ticket, given)


@pytest.mark.parametrize("given", ["4711", "#4711", " # 4711 "])
def test_a_bare_number_belongs_to_the_usual_system(given: str) -> None:
    assert read_reference(given, "zendesk") == TicketReference("zendesk", "4711", "")


@pytest.mark.parametrize(
    "given",
    [
        "",
        "   ",
        "the one about the engine",
        "javascript://x/1",
        "https://",
        "https://harbor.example/about",
        "http://[1",
        "9" * 3000,
    ],
)
def test_input_that_identifies_no_ticket_is_refused(given: str) -> None:
    with pytest.raises(ReferenceUnclear):
        read_reference(given, "zendesk")


@pytest.mark.parametrize(
    ("url", "account"),
    [
        ("https://Harbor.zendesk.com/agent/tickets/4711", "harbor.zendesk.com"),
        ("https://harbor.freshdesk.com:443/a/tickets/99", "harbor.freshdesk.com"),
        ("https://app.intercom.com/a/inbox/x1/inbox/all/conversation/2150001", "app.intercom.com/x1"),
        ("https://app.intercom.com/a/apps/x1/conversations/2150001", "app.intercom.com/x1"),
        ("https://app.eu.intercom.com/a/apps/x2/conversations/2150001", "app.eu.intercom.com/x2"),
        ("https://www.harborboats.example/cases/C-1881", "harborboats.example"),
        ("harbor.zendesk.com/agent/tickets/4711", "harbor.zendesk.com"),
        ("", ""),
        ("4711", ""),
        ("http://[1", ""),
    ],
)
def test_an_address_names_its_account(url: str, account: str) -> None:
    assert account_of(url) == account
