"""What a help desk's webhook asks for, and the words in which it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.tickets.reference import NO_NEWS, TicketNews
from web.api.requests import OpenEscalation
from web.hooks.leniently import line

SOLVED = ("solved", "closed", "archived")
ENDED = {
    **dict.fromkeys(SOLVED, "solved"),
    **dict.fromkeys(("deleted", "soft_deleted", "permanently_deleted"), "deleted"),
    **dict.fromkeys(("merged",), "merged"),
    **dict.fromkeys(("spam", "suspended", "marked_as_spam"), "marked as spam"),
}
"""How a ticket ended, by its status or by the kind of event."""
REOPENED = ("reopened", "undeleted")
STATUSES = ("new", "open", "pending", "hold", "solved", "closed", "deleted", "merged", "spam", "reopened")
"""Muster's words for statuses, which an account's own words stand for."""


@dataclass(frozen=True)
class SourceWords:
    """The account's own words for statuses and priorities, in small letters, with Muster's word for each."""

    status: Mapping[str, str] = field(default_factory=dict)
    priority: Mapping[str, str] = field(default_factory=dict)

    def status_of(self, value: object) -> str:
        own = line(value).casefold()
        return self.status.get(own, own)

    def priority_of(self, value: object) -> str:
        own = line(value).casefold()
        return self.priority.get(own, own)


@dataclass(frozen=True)
class Ends:
    """The ticket has ended, so the call is no longer needed."""

    ticket_id: str
    url: str = ""
    """The ticket's URL, if sent; it identifies the account."""
    how: str = "solved"
    """``solved``, ``deleted``, ``merged`` or ``marked as spam``."""
    news: TicketNews = NO_NEWS


@dataclass(frozen=True)
class Reopens:
    """The ticket was reopened. It is recorded, and nothing else changes."""

    ticket_id: str
    url: str
    news: TicketNews


@dataclass(frozen=True)
class Opens:
    body: OpenEscalation


@dataclass(frozen=True)
class IgnoredWebhook:
    reason: str


Command = Opens | Ends | Reopens | IgnoredWebhook
