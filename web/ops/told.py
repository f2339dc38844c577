"""Who was told by an event's messages, and whether the messages arrived. Pure.

An effect writes its messages at the same moment as its event, so the two are found by their time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from database.stores.queries.escalation_detail import Fields, WholeEscalation
from domain.letter import Channel, LetterKind

_NOT_SENT = "not sent, because "
"""How the error of a message begins that was no longer true when it was to be sent."""


class MessageFate(StrEnum):
    SENT = "sent"
    QUEUED = "queued"
    FAILED = "failed"
    NONE = "none"
    """No message was written."""
    UNKNOWN = "unknown"
    """The escalation is archived, and its file can't be read here."""


@dataclass(frozen=True)
class EventMessages:
    """The messages that one event wrote, and the names that their words need."""

    messages: tuple[Fields, ...]
    customer: str
    names: Mapping[int, str]
    readable: bool = True
    """False for an archived escalation whose file can't be read here."""

    def letter(self, noun: str, sent: str, *kinds: LetterKind) -> str:
        """A clause about the customer's mail of these kinds: ``sent`` if it was; otherwise what became of ``noun``."""
        mail = next((one for one in self._of(kinds) if one["channel"] == Channel.MAIL), None)
        match self._fate(mail):
            case MessageFate.SENT:
                return sent
            case MessageFate.QUEUED:
                return f"{noun} is on its way to {self.customer}"
            case MessageFate.FAILED:
                return f"{noun} to {self.customer} {failure_words(mail)}"
            case MessageFate.NONE:
                return f"{noun} was not sent to {self.customer}"
            case MessageFate.UNKNOWN:
                return f"{noun} to {self.customer} was written"

    def staff(self, *kinds: LetterKind) -> str:
        """A clause that names the staff who were told by these kinds of letters; empty if none was written."""
        names: dict[str, list[str]] = defaultdict(list)
        written = ((one["channel"] == Channel.WEBHOOK, self._staff_name(one), one["state"]) for one in self._of(kinds))
        for _, name, state in sorted(written):
            names[state].append(name)
        clauses = (
            f"{listed(sent)} {'was' if len(sent) == 1 else 'were'} told" if (sent := names["sent"]) else "",
            f"a message to {listed(queued)} is on its way" if (queued := names["queued"]) else "",
            f"the message to {listed(failed)} could not be delivered" if (failed := names["failed"]) else "",
        )
        return "; ".join(filter(None, clauses))

    def _fate(self, message: Fields | None) -> MessageFate:
        if message is not None:
            return MessageFate(message["state"])
        return MessageFate.NONE if self.readable else MessageFate.UNKNOWN

    def _of(self, kinds: Sequence[LetterKind]) -> list[Fields]:
        return [one for one in self.messages if one["kind"] in kinds]

    def _staff_name(self, message: Fields) -> str:
        if message["channel"] == Channel.WEBHOOK:
            return "the alert channel"
        # A letter to staff ends its key with the person's id.
        number = str(message["key"]).rpartition("/")[2]
        return (self.names.get(int(number)) if number.isdigit() else None) or str(message["recipient"])


def messages_of(event: Fields, escalation: WholeEscalation) -> EventMessages:
    written = tuple(one for one in escalation.messages if one["created_at"] == event["at"])
    readable = escalation.archived_at is None or escalation.document_found
    return EventMessages(written, escalation.customer["name"], escalation.names, readable)


def failure_words(message: Fields | None) -> str:
    """``could not be delivered``, or why it was not sent at all."""
    error = str(message["last_error"]) if message else ""
    return f"was {error}" if error.startswith(_NOT_SENT) else "could not be delivered"


def listed(names: Sequence[str]) -> str:
    """``Anna``, ``Anna and Ben``, ``Anna, Ben and Carl``."""
    *first, last = dict.fromkeys(names)
    return f"{', '.join(first)} and {last}" if first else last
