"""Accounts of tickets: the same number in two accounts of a help desk is two tickets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.failure import Failure
from domain.ticket_reference import account_of

_BY_WEBHOOK = "webhook:"


@dataclass(frozen=True)
class OpenTicket:
    """An open escalation, with what identifies its ticket besides the number."""

    escalation_id: str
    account: str
    url: str
    opened_by: str


@dataclass
class AccountTaken(Failure):
    """Another source of webhooks already has this account."""

    account: str
    source: str

    title = "This account has a source already"

    @property
    def detail(self) -> str:
        return f"{self.account} belongs to the source {self.source}. One account has one source."


def by_source(name: str) -> str:
    """The actor of a source of webhooks: ``webhook:harbor``."""
    return f"{_BY_WEBHOOK}{name}"


def is_of(ticket: OpenTicket, account: str, opened_by: str) -> bool:
    """Whether an open escalation is for this account's ticket, as seen by ``opened_by``, who opens or ends one now.

    One that an earlier release opened has only its address. One that a source raised before its account was known has
    the source's name instead, and still belongs to that source.
    """
    own_account = ticket.account or account_of(ticket.url)
    if own_account == account:
        return True
    source = opened_by.removeprefix(_BY_WEBHOOK)
    return source != opened_by and ticket.opened_by == opened_by and own_account in ("", source)


def only(accounts: Iterable[str]) -> str:
    """The account if there is exactly one; else empty."""
    distinct = set(accounts) - {""}
    return distinct.pop() if len(distinct) == 1 else ""
