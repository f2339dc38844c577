"""Parsing what an agent pastes as a ticket: an address, a key or a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from domain.failure import Failure
from domain.tickets.address import read_address

LONGEST = 2000
_NUMBER = re.compile(
    r"[\[(]?(?:(?:ticket|case|request|issue|conversation)\s*)?(?:#|№|no\.?\s|nr\.?\s)?\s*([\w.\-]{1,100})[\])]?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class TicketReference:
    system: str
    id: str
    url: str
    """Empty if only a number or key was given."""


@dataclass(frozen=True)
class TicketNews:
    """What became of a ticket. None means that it isn't known."""

    created_at: datetime | None = None
    solved_at: datetime | None = None
    reopened_at: datetime | None = None
    """When it was last reopened after it was solved."""
    replies: int | None = None
    """Messages exchanged in writing."""


NO_NEWS = TicketNews()


@dataclass
class ReferenceUnclear(Failure):
    """The input doesn't identify a ticket."""

    given: str

    title = "This doesn't name a ticket"

    @property
    def detail(self) -> str:
        return "Paste the ticket's address from your help desk, or its number, such as 4711."


def read_reference(given: str, usual_system: str) -> TicketReference:
    """The ticket that an address or number refers to; a bare number belongs to ``usual_system``.

    Raises ``ReferenceUnclear``.
    """
    text = given.strip()
    if not text or len(text) > LONGEST:
        raise ReferenceUnclear(given)
    if (address := read_address(text)) is not None:
        if not address.id:
            raise ReferenceUnclear(given)
        return TicketReference(address.system, address.id, address.url)
    return TicketReference(usual_system, bare_number(text), "")


def bare_number(text: str) -> str:
    """The number or key in ``#778``, ``Ticket 778`` or ``[#778]``. Raises ``ReferenceUnclear``."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise ReferenceUnclear(text)
    return found[1]


def account_of(url: str) -> str:
    """The help desk account that an address belongs to, such as ``harbor.zendesk.com``; empty if unknown.

    Accounts number their tickets independently, so a number alone doesn't identify one.
    """
    address = read_address(url)
    return address.account if address else ""
