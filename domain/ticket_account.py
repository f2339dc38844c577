"""Whose ticket a number is: the same number of two accounts of a help desk is two tickets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.failure import Failure
from domain.ticket_reference import account_of

_BY_WEBHOOK = "webhook:"


@dataclass(frozen=True)
class OpenTicket:
    """An open escalation of a ticket with some number."""

    escalation_id: str
    account: str
    url: str
    opened_by: str


@dataclass
class AccountTaken(Failure):
    """Two sources of webhooks can't speak for one account."""

    account: str
    source: str

    title = "This account has a source already"

    @property
    def detail(self) -> str:
        return f"{self.account} belongs to the source {self.source}. One account has one source."


def by_source(name: str) -> str:
    """How timelines name a source of webhooks: ``webhook:harbor``."""
    return f"{_BY_WEBHOOK}{name}"


def is_of(ticket: OpenTicket, account: str, opened_by: str) -> bool:
    """Whether an open escalation is of this account's ticket, as whoever opens or ends it now would say.

    One that was opened by the release before has its address alone. One that a source raised before its account was
    known has the source's name for it, and is that source's still.
    """
    known = ticket.account or account_of(ticket.url)
    if known == account:
        return True
    source = opened_by.removeprefix(_BY_WEBHOOK)
    return source != opened_by and ticket.opened_by == opened_by and known in ("", source)


def only(accounts: Iterable[str]) -> str:
    """The account, where there is one; empty where there is none or more."""
    known = set(accounts) - {""}
    return known.pop() if len(known) == 1 else ""
