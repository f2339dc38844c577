"""Which account of a help desk a webhook speaks of, and which open escalation it ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from domain.ticket_reference import account_of


@dataclass(frozen=True)
class Sender:
    """A source of webhooks."""

    name: str
    alone: bool
    """No other source has tickets of this help desk."""
    accounts: Collection[str]
    """Whose tickets it has raised before; where it is alone and has raised none, all that are in use."""

    @property
    def actor(self) -> str:
        """How timelines name it: ``webhook:harbor``."""
        return f"webhook:{self.name}"


@dataclass(frozen=True)
class OpenTicket:
    """An open escalation of a ticket with the number that was sent."""

    escalation_id: str
    account: str
    opened_by: str


def only(accounts: Iterable[str]) -> str:
    """The account, where there is one; empty where there is none or more."""
    known = set(accounts) - {""}
    return known.pop() if len(known) == 1 else ""


def account_sent(url: str, sender: Sender) -> str:
    """The account of a ticket that a webhook raises; ``url`` may be empty."""
    return account_of(url) or only(sender.accounts) or ("" if sender.alone else sender.name)


def meant(url: str, sender: Sender, candidates: Sequence[OpenTicket]) -> list[OpenTicket]:
    """Those that a webhook about this number can mean. It never means another source's account."""
    told = account_of(url)
    nameless = ("", sender.name)

    def fits(one: OpenTicket) -> bool:
        if told:
            return one.account == told or (one.opened_by == sender.actor and one.account in nameless)
        if one.opened_by == sender.actor or one.account in sender.accounts:
            return True
        return sender.alone and (one.account == "" or not sender.accounts)

    return [one for one in candidates if fits(one)]
