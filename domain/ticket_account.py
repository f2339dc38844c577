"""Ticket accounts: the same number in two help desk accounts means two tickets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.failure import Failure
from domain.ticket_reference import account_of

_BY_WEBHOOK = "webhook:"


@dataclass(frozen=True)
class OpenTicket:
    """An open escalation, with whatever identifies its ticket besides the number."""

    escalation_id: str
    account: str
    url: str
    opened_by: str


@dataclass
class AccountTaken(Failure):
    """Another webhook source already has this account."""

    account: str
    source: str

    title = "This account has a source already"

    @property
    def detail(self) -> str:
        return f"{self.account} belongs to the source {self.source}. One account has one source."


def by_source(name: str) -> str:
    """The actor name of a webhook source, such as ``webhook:harbor``."""
    return f"{_BY_WEBHOOK}{name}"


def is_of(ticket: OpenTicket, account: str, opened_by: str) -> bool:
    """Whether an open escalation is for this account's ticket.

    ``opened_by`` is whoever is opening or ending an escalation now. An escalation opened by an earlier release has only
    the ticket's address. If a source raised it before the source's account was known, it has the source's name instead
    of an account, and still belongs to that source.
    """
    own_account = ticket.account or account_of(ticket.url)
    if own_account == account:
        return True
    source = opened_by.removeprefix(_BY_WEBHOOK)
    return source != opened_by and ticket.opened_by == opened_by and own_account in ("", source)


def only(accounts: Iterable[str]) -> str:
    """The account if there is exactly one; otherwise empty."""
    distinct = set(accounts) - {""}
    return distinct.pop() if len(distinct) == 1 else ""
