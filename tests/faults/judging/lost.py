"""Finds acknowledged effects that are missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.letter import GROUPED_LETTERS
from tests.faults.judging.evidence import Evidence, Row, at, message_of
from tests.faults.judging.ledger import Entry, Ledger


def find_lost(ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    for entry in ledger.entries:
        if entry.ok and entry.what in PROOFS and not PROOFS[entry.what](entry, evidence):
            yield f"{entry.what} {entry.about}, answered {entry.outcome}"
    arrived = {message_of(mail) for mail in evidence.mails}
    # A grouped alert has the address of each of its escalations.
    named = {(mail["to"], link.partition("/ops/")[2]) for mail in evidence.mails for link in mail.get("links", ())}
    for row in evidence.rows["message"]:
        in_group = row["kind"] in GROUPED_LETTERS and (row["recipient"], row["escalation"]) in named
        if row["channel"] == "mail" and row["state"] == "sent" and row["id"] not in arrived and not in_group:
            yield f"mail {row['kind']} to {row['recipient']}"


def _event(evidence: Evidence, kind: str, about: Row, *names: str) -> bool:
    """Whether an event of this kind has the entry's values for these ``names`` in its body."""
    expected = {name: about[name] for name in names}
    rows = (row for row in evidence.events(kind) if about.get("escalation") in (None, row["escalation"]))
    return any(all(_same(row["body"].get(name), value) for name, value in expected.items()) for row in rows)


def _same(stored: Any, acknowledged: Any) -> bool:
    times = isinstance(stored, str) and isinstance(acknowledged, str) and acknowledged[:2] == "20"
    if times and "T" in acknowledged:
        return at(stored) == at(acknowledged)
    return bool(stored == acknowledged)


def _opened(entry: Entry, evidence: Evidence) -> bool:
    tickets = {row["id"]: row["ticket_id"] for row in evidence.rows["escalation"]}
    return bool(tickets.get(entry.about["id"]) == entry.about["ticket"])


def _booked(entry: Entry, evidence: Evidence) -> bool:
    return _event(evidence, "booked", entry.about | {"starts_at": entry.about["start"]}, "starts_at")


def _moved(entry: Entry, evidence: Evidence) -> bool:
    moved = _event(evidence, "moved", entry.about | {"starts_at": entry.about["start"]}, "starts_at")
    return moved or _booked(entry, evidence)


def _cancelled(entry: Entry, evidence: Evidence) -> bool:
    return _event(evidence, "cancelled", entry.about)


def _withdrawn(entry: Entry, evidence: Evidence) -> bool:
    return _event(evidence, "withdrawn", entry.about)


def _accepted(entry: Entry, evidence: Evidence) -> bool:
    person = next(row["id"] for row in evidence.rows["person"] if row["name"] == entry.about["person"])
    body = {"call_id": entry.about["call"], "offer": entry.about["nth"], "person": person}
    return _event(evidence, "accepted", body, *body)


def _ended(entry: Entry, evidence: Evidence) -> bool:
    return _event(evidence, "call_ended", {"call_id": entry.about["call"]}, "call_id")


def _wrapped_up(entry: Entry, evidence: Evidence) -> bool:
    notes = {row["call"]: row["note"] for row in evidence.rows["wrap_up"]}
    return bool(notes.get(entry.about["call"]) == entry.about["note"])


def _rated(entry: Entry, evidence: Evidence) -> bool:
    rating = (entry.about["escalation"], entry.about["score"])
    return rating in {(row["escalation"], row["score"]) for row in evidence.rows["rating"]}


PROOFS = {
    "open": _opened,
    "book": _booked,
    "move": _moved,
    "cancel": _cancelled,
    "withdraw": _withdrawn,
    "accept": _accepted,
    "end": _ended,
    "wrap-up": _wrapped_up,
    "rate": _rated,
}
"""For each kind of request: the check that its acknowledged effect exists."""
