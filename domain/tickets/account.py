"""Which ticket a reference means: the same number in two help desk accounts means two tickets.

Made here for whoever names a ticket: the desk, the API, webhooks and searches.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.failure import Failure
from domain.tickets.address import read_address
from domain.tickets.reference import ReferenceUnclear, account_of, bare_number

_BY_WEBHOOK = "webhook:"


@dataclass(frozen=True)
class TicketIdentity:
    """Two references with the same account and number mean the same ticket."""

    system: str
    account: str
    """Empty if it isn't known."""
    id: str


@dataclass(frozen=True)
class AccountSource:
    """A webhook source, which speaks for one account."""

    name: str
    system: str
    account: str
    """Empty until known; meanwhile its name stands for its account."""


@dataclass(frozen=True)
class KnownAccounts:
    """What is known when a ticket is named by its number alone."""

    sources: Sequence[AccountSource] = ()
    in_use: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The accounts of recent and open tickets, by help desk."""


@dataclass(frozen=True)
class OpenTicket:
    """An open escalation, with whatever identifies its ticket besides the number."""

    escalation_id: str
    account: str
    url: str
    opened_by: str
    system: str = ""
    number: str = ""


@dataclass
class AccountTaken(Failure):
    """Another webhook source already has this account."""

    account: str
    source: str

    title = "This account has a source already"

    @property
    def detail(self) -> str:
        return f"{self.account} belongs to the source {self.source}. One account has one source."


@dataclass
class AccountUnclear(Failure):
    """Only a ticket number was given, and several accounts may each have a ticket with that number."""

    number: str

    title = "This could be a ticket of several accounts"

    @property
    def detail(self) -> str:
        return (
            f"Tickets come from several accounts here, and each may have a {self.number}. Paste the ticket’s address."
        )


def identify(
    system: str, number: str, url: str, sources: Sequence[AccountSource], account: str = ""
) -> TicketIdentity | None:
    """The ticket that a reference means, or None if only the known accounts can tell: see ``identify_bare``.

    ``account`` is that of the webhook source which names the ticket; it counts more than the address.
    """
    address = read_address(url)
    ticket_id = _plain(number)
    if address is not None and address.id.casefold() == ticket_id.casefold():
        # A help desk's key may be written in small letters.
        ticket_id = address.id
        system = address.system if address.system != address.account.partition("/")[0] else system
    own_account = account or (address.account if address else "")
    if not own_account:
        return None
    owner = next((source for source in sources if own_account in (source.account, source.name)), None)
    return TicketIdentity(owner.system if owner else system, own_account, ticket_id)


def identify_bare(system: str, number: str, known: KnownAccounts) -> TicketIdentity:
    """The ticket of the only source, or else of the only account in use. Raises ``AccountUnclear``."""
    ticket_id = _plain(number)
    sources = [source for source in known.sources if source.system == system]
    in_use = set(known.in_use.get(system, ())) - {""}
    if len(sources) > 1:
        raise AccountUnclear(ticket_id)
    if sources and sources[0].account:
        return TicketIdentity(system, sources[0].account, ticket_id)
    if len(in_use) > 1:
        raise AccountUnclear(ticket_id)
    return TicketIdentity(system, only(in_use) or (sources[0].name if sources else ""), ticket_id)


def by_source(name: str) -> str:
    """The actor name of a webhook source, such as ``webhook:harbor``."""
    return f"{_BY_WEBHOOK}{name}"


def is_of(ticket: OpenTicket, account: str, opened_by: str, system: str = "", sole: bool = False) -> bool:
    """Whether an open escalation is for this account's ticket.

    ``opened_by`` is whoever is opening or ending an escalation now. An escalation opened by an earlier release has only
    the ticket's address. If a source raised it before the source's account was known, it has the source's name instead
    of an account, and still belongs to that source. With ``sole``, the account is the help desk's only one, so that a
    ticket of an unknown account is its own.
    """
    own_account = ticket.account or account_of(ticket.url)
    if own_account == account:
        return _may_be_same(ticket.system, system, account)
    if sole and not own_account:
        return ticket.system == system
    source = opened_by.removeprefix(_BY_WEBHOOK)
    return source != opened_by and ticket.opened_by == opened_by and own_account in ("", source)


def only(accounts: Iterable[str]) -> str:
    """The account if there is exactly one; otherwise empty."""
    distinct = set(accounts) - {""}
    return distinct.pop() if len(distinct) == 1 else ""


def is_sole(identity: TicketIdentity, known: KnownAccounts) -> bool:
    """Whether the ticket's account is the only one that its help desk is known to have."""
    of_sources = {source.account or source.name for source in known.sources if source.system == identity.system}
    return (of_sources | set(known.in_use.get(identity.system, ()))) - {""} <= {identity.account}


def indistinct(tickets: Sequence[OpenTicket]) -> list[tuple[OpenTicket, ...]]:
    """Groups of open escalations of which nobody can tell whether they are for the same ticket.

    They have one number at one help desk, and the same account or an unknown one.
    """
    groups: dict[tuple[str, str], list[OpenTicket]] = {}
    for ticket in tickets:
        groups.setdefault((ticket.system, ticket.number.casefold()), []).append(ticket)
    found = []
    for group in groups.values():
        accounts = [ticket.account or account_of(ticket.url) for ticket in group]
        unclear = any(not account or accounts.count(account) > 1 for account in accounts)
        found += [tuple(group)] if len(group) > 1 and unclear else []
    return found


def _may_be_same(one: str, other: str, account: str) -> bool:
    """Whether two names can mean one help desk: an unknown help desk's name is its host."""
    host = account.partition("/")[0]
    return not one or not other or one.casefold() == other.casefold() or host in (one, other)


def _plain(number: str) -> str:
    try:
        return bare_number(number)
    except ReferenceUnclear:
        return number.strip()
