"""What was acknowledged and is not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.faults.evidence import Evidence, Row, at, message_of
from tests.faults.ledger import Entry, Ledger


def find_lost(ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    for entry in ledger.entries:
        if entry.ok and entry.what in PROOFS and not PROOFS[entry.what](entry, evidence):
            yield f"{entry.what} {entry.about}"
    arrived = {message_of(mail) for mail in evidence.mails}
    for row in evidence.rows["message"]:
        if row["channel"] == "mail" and row["state"] == "sent" and row["id"] not in arrived:
            yield f"mail {row['kind']} to {row['recipient']}"


def _event(evidence: Evidence, kind: str, about: Row, *names: str) -> bool:
    """Whether there is an event of this kind with these names of the entry in its body."""
    wanted = {name: about[name] for name in names}
    mine = (row for row in evidence.events(kind) if about.get("escalation") in (None, row["escalation"]))
    return any(all(_same(row["body"].get(name), value) for name, value in wanted.items()) for row in mine)


def _same(stored: Any, said: Any) -> bool:
    if isinstance(said, str) and isinstance(stored, str) and said[:2] == "20" and "T" in said:
        return at(stored) == at(said)
    return bool(stored == said)


def _opened(entry: Entry, evidence: Evidence) -> bool:
    found = {row["id"]: row["ticket_id"] for row in evidence.rows["escalation"]}
    return bool(found.get(entry.about["id"]) == entry.about["ticket"])


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
    said = {"call_id": entry.about["call"], "offer": entry.about["nth"], "person": person}
    return _event(evidence, "accepted", said, *said)


def _ended(entry: Entry, evidence: Evidence) -> bool:
    return _event(evidence, "call_ended", {"call_id": entry.about["call"]}, "call_id")


def _wrapped_up(entry: Entry, evidence: Evidence) -> bool:
    notes = {row["call"]: row["note"] for row in evidence.rows["wrap_up"]}
    return bool(notes.get(entry.about["call"]) == entry.about["note"])


def _rated(entry: Entry, evidence: Evidence) -> bool:
    said = (entry.about["escalation"], entry.about["score"])
    return said in {(row["escalation"], row["score"]) for row in evidence.rows["rating"]}


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
"""For each kind of request: what shows afterwards that a good answer to it was true."""
