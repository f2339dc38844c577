"""Parsing what an agent pastes as a ticket."""

import pytest

from domain.tickets.reference import ReferenceUnclear, TicketReference, account_of, read_reference


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


SAME = {
    ("zendesk", "harbor.zendesk.com", "778"): (
        "https://harbor.zendesk.com/agent/tickets/778",
        "https://harbor.zendesk.com/agent/tickets/778/events?brand_id=5",
        "https://harbor.zendesk.com/agent/#/tickets/778",
        "https://harbor.zendesk.com/agent/filters/36000#/tickets/778",
        "https://harbor.zendesk.com/agent/filters/36000/tickets/778",
        "https://harbor.zendesk.com/hc/en-us/requests/778",
        "https://harbor.zendesk.com/hc/requests/778",
        "https://harbor.zendesk.com/api/v2/tickets/778.json",
        "https://HARBOR.zendesk.com.:443/tickets/778",
        "harbor.zendesk.com/agent/tickets/778",
        "//harbor.zendesk.com/agent/tickets/778",
        "<https://harbor.zendesk.com/agent/tickets/778>",
        "(harbor.zendesk.com/agent/tickets/778)",
        "“https://harbor.zendesk.com/agent/tickets/778”",
    ),
    ("zammad", "help.harbor.example", "778"): (
        "https://help.harbor.example/#ticket/zoom/778",
        "https://help.harbor.example/#ticket/zoom/778/4567",
        "https://help.harbor.example/desktop/tickets/778",
        "https://help.harbor.example/mobile/tickets/778/information",
        "https://help.harbor.example/api/v1/tickets/778",
        "help.harbor.example/#ticket/zoom/778",
    ),
    ("help.harbor.example", "help.harbor.example", "778"): (
        "https://help.harbor.example/scp/tickets.php?id=778",
        "https://help.harbor.example/scp/tickets.php?queue=5&id=778#reply",
        "https://help.harbor.example/otrs/index.pl?Action=AgentTicketZoom;TicketID=778",
        "https://help.harbor.example/otrs/index.pl?Action=AgentTicketZoom&TicketID=778#4567",
        "https://help.harbor.example/staff/index.php?/Tickets/Ticket/View/778/inbox/-1/5",
        "https://help.harbor.example/index.php?_m=tickets&_a=viewticket&ticketid=778",
        "https://help.harbor.example/agent/conversations/778",
        "https://help.harbor.example/queues/5/tickets/778?page=2",
        "https://help.harbor.example/api/v3/tickets/778.json",
        "https://help.harbor.example/Ticket/Display.html?id=778",
    ),
    ("jira", "harbor.atlassian.net", "BOAT-12"): (
        "https://harbor.atlassian.net/browse/BOAT-12",
        "https://harbor.atlassian.net/browse/boat-12",
        "https://harbor.atlassian.net/jira/servicedesk/projects/BOAT/queues/custom/5/BOAT-12",
        "https://harbor.atlassian.net/servicedesk/customer/portal/3/BOAT-12",
        "https://harbor.atlassian.net/jira/software/projects/BOAT/boards/1?selectedIssue=BOAT-12",
        "https://harbor.atlassian.net/rest/api/3/issue/BOAT-12",
    ),
    ("freshdesk", "harbor.freshdesk.com", "99"): (
        "https://harbor.freshdesk.com/a/tickets/99",
        "https://harbor.freshdesk.com/helpdesk/tickets/99",
        "https://harbor.freshdesk.com/support/tickets/99",
        "https://harbor.freshdesk.com/api/v2/tickets/99",
    ),
    ("gorgias", "harbor.gorgias.com", "99"): (
        "https://harbor.gorgias.com/app/ticket/99",
        "https://harbor.gorgias.com/app/views/45/99",
        "https://harbor.gorgias.com/app/tickets/45/99",
        "https://harbor.gorgias.com/api/tickets/99",
    ),
    ("helpscout", "secure.helpscout.net", "99"): (
        "https://secure.helpscout.net/conversation/99/1234/",
        "https://api.helpscout.net/v2/conversations/99",
    ),
    ("front", "app.frontapp.com", "cnv_ab12"): (
        "https://app.frontapp.com/open/cnv_ab12",
        "https://app.frontapp.com/inboxes/teams/folders/1/unassigned/cnv_ab12",
    ),
}


@pytest.mark.parametrize(
    ("ticket", "given"), [(ticket, given) for ticket, addresses in SAME.items() for given in addresses]
)
def test_every_address_of_a_ticket_names_it(ticket: tuple[str, str, str], given: str) -> None:
    reference = read_reference(given, "zendesk")
    assert (reference.system, account_of(reference.url), reference.id) == ticket


def test_repositories_with_issues_of_one_number_are_accounts_of_their_own() -> None:
    boats, sails = (f"https://github.com/harbor/{name}/issues/12" for name in ("boats", "sails"))
    assert read_reference(boats, "").id == read_reference(sails, "").id == "12"
    assert (account_of(boats), account_of(sails)) == ("github.com/harbor/boats", "github.com/harbor/sails")


@pytest.mark.parametrize("given", ["4711", "#4711", " # 4711 ", "[#4711]", "Ticket 4711", "ticket #4711", "No. 4711"])
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
        "https://harbor.zendesk.com/agent/filters/36000",
        "https://harbor.freshdesk.com/a/tickets/filters/5",
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
