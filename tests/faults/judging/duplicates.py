"""Finds what exists twice and shouldn't."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.faults.judging.evidence import Evidence, Row, at, message_of
from tests.faults.judging.mailbox import Mail

NEVER = datetime.max.replace(tzinfo=UTC)
ENDS_ASSIGNMENT = frozenset(
    {"agent_vanished", "agent_missed", "wrapped_up", "wrap_up_missed", "customer_missed", "cancelled", "withdrawn"}
)


def duplicate_rows(evidence: Evidence) -> Iterator[str]:
    rows = evidence.rows
    counted = {
        "escalations of ticket": Counter(row["ticket_id"] for row in rows["escalation"]),
        "bookings by link": Counter(row["link"] for row in rows["booking"]),
        "ratings of call": Counter(row["call"] for row in rows["rating"]),
        "wrap-ups of call": Counter(row["call"] for row in rows["wrap_up"]),
        "accepted offers of call": Counter(
            row["call"] for row in rows["offer"] if row["state"] in ("accepted", "done")
        ),
        "live offers of person": Counter(
            row["person"] for row in rows["offer"] if row["state"] in ("offered", "accepted")
        ),
    }
    for what, counter in counted.items():
        yield from (f"{number} {what} {key}" for key, number in counter.items() if number > 1)


@dataclass(frozen=True)
class _Assignment:
    call: str
    person: int
    begin: datetime
    end: datetime


def duplicate_assignments(evidence: Evidence) -> Iterator[str]:
    """Two people with one call, one person with two calls, a call offered although somebody has it."""
    assignments = list(_assignments(evidence))
    for nth, first in enumerate(assignments):
        for second in assignments[nth + 1 :]:
            if first.begin < second.end and second.begin < first.end:
                if first.call == second.call:
                    yield f"call {first.call} with {first.person} and {second.person}"
                elif first.person == second.person:
                    yield f"person {first.person} in calls {first.call} and {second.call}"
    for offer in evidence.rows["offer"]:
        offered_at = at(offer["made_at"])
        for assignment in assignments:
            if assignment.call == offer["call"] and assignment.begin < offered_at < assignment.end:
                yield f"call {assignment.call} offered to {offer['person']} while {assignment.person} has it"


def _assignments(evidence: Evidence) -> Iterator[_Assignment]:
    """From each acceptance to the event that ended it, according to the timelines."""
    timelines: dict[str, list[Row]] = defaultdict(list)
    for row in evidence.rows["escalation_event"]:
        timelines[row["escalation"]].append(row)
    for timeline in timelines.values():
        timeline.sort(key=lambda row: row["seq"])
        for index, row in enumerate(timeline):
            if row["kind"] == "accepted":
                call, person = row["body"]["call_id"], row["body"]["person"]
                ends = (
                    at(later["at"])
                    for later in timeline[index + 1 :]
                    if later["kind"] in ENDS_ASSIGNMENT
                    and later["body"].get("call_id", call) == call
                    and later["body"].get("person", person) == person
                )
                yield _Assignment(call, person, at(row["at"]), next(ends, NEVER))


def duplicate_mails(evidence: Evidence) -> Iterator[str]:
    """More than two copies of a message, copies that differ, and different messages with the same text."""
    by_message: dict[str, list[Mail]] = defaultdict(list)
    for mail in evidence.mails:
        by_message[message_of(mail)].append(mail)
    kinds = {row["id"]: row["kind"] for row in evidence.rows["message"]}
    texts: Counter[tuple[str, str, str]] = Counter()
    for message, copies in by_message.items():
        first = copies[0]
        if len(copies) > 2:
            yield f"{len(copies)} copies of a {kinds[message]} to {first['to']}"
        if any(
            (copy["subject"], copy["text"], copy["ics"]) != (first["subject"], first["text"], first["ics"])
            for copy in copies
        ):
            yield f"a {kinds[message]} to {first['to']} whose copies differ"
        # The late-customer reminder is sent twice with the same text.
        if kinds[message] != "customer_called_for":
            texts[(first["to"], kinds[message], first["text"])] += 1
    yield from (f"{number} letters {kind} to {to}" for (to, kind, _), number in texts.items() if number > 1)
