"""Parsing what somebody types into the search for escalations. Pure."""

from __future__ import annotations

import re
import uuid
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from domain.tickets.address import read_address
from domain.tickets.reference import ReferenceUnclear, TicketReference, read_reference


class SearchedFor(StrEnum):
    TICKET = "ticket"
    """The ticket with this address, or those with this number."""
    ID = "id"
    """An id of Muster's: of an escalation, a call or a message."""
    WORDS = "words"


@dataclass(frozen=True)
class SearchTerms:
    sought: SearchedFor
    words: str
    """As typed, without spaces around them."""
    ticket: TicketReference | None = None
    id: str = ""
    """In the form in which PostgreSQL writes it."""
    of_system: tuple[str, str] | None = None
    """A help desk and a ticket's number, as in ``zendesk 6001``, in lower case. They may be a subject's words, too."""


_OF_SYSTEM = re.compile(r"([\w.\-]{2,100})[\s:/]+(?:ticket\s+)?#?([\w.\-]{1,100})", re.IGNORECASE)


def read_terms(typed: str) -> SearchTerms:
    """A ticket's address, its number after ``#``, an id, or words."""
    words = typed.strip()
    with suppress(ValueError):
        return SearchTerms(SearchedFor.ID, words, id=str(uuid.UUID(words)))
    address = read_address(words)
    if (address is not None and address.id) or (words.startswith("#") and words[1:].strip()):
        # What looks like a ticket but names none may be part of a subject.
        with suppress(ReferenceUnclear):
            return SearchTerms(SearchedFor.TICKET, words, ticket=read_reference(words, ""))
    pair = _OF_SYSTEM.fullmatch(words)
    of_system = (pair[1].lower(), pair[2].lower()) if pair else None
    return SearchTerms(SearchedFor.WORDS, words, of_system=of_system)
