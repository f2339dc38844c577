"""What a customer asks of the team from their page, when no button of theirs leads on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.failure import Failure


class RequestKind(StrEnum):
    LINK = "link"
    """A new link, after the end of an escalation."""
    TIMES = "times"
    """Other times than those offered."""


@dataclass
class RequestGone(Failure):
    """The request was answered or closed meanwhile, or belongs to another team."""

    title = "This request is no longer open"


@dataclass
class OpenedElsewhere(Failure):
    """The ticket is open again for another customer."""

    title = "This ticket is open for somebody else"
