"""The judge: compares the answers in the ledger with what the application shows afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.faults.judging.duplicates import duplicate_assignments, duplicate_mails, duplicate_rows
from tests.faults.judging.evidence import Evidence, message_of
from tests.faults.judging.ledger import Answer, Ledger
from tests.faults.judging.lost import find_lost

NEVER_EXPECTED = frozenset({"message_failed", "repaired"})
"""Kinds of events that mean that something went wrong on our side."""
NO_LONGER_TRUE = "not sent, because "
"""How the reason of a mail begins that was given up because it would no longer have been true."""


@dataclass
class Verdict:
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def table(self, name: str, *notes: str) -> str:
        judged = {"lost": self.lost, "duplicated": self.duplicated, "unsettled": self.unsettled}
        judged["unexpected"] = self.unexpected
        head = f"{name}: " + ", ".join(f"{word} {len(faults)}" for word, faults in judged.items())
        counted = [f"  {what:<24}{number:>6}" for what, number in sorted(self.counts.items())]
        listed = [f"  {word}: {fault}" for word, faults in judged.items() for fault in faults]
        return "\n".join([head, *(f"  {note}" for note in notes), *counted, *listed])

    @property
    def clean(self) -> bool:
        return not (self.lost or self.duplicated or self.unsettled or self.unexpected)


def judge(
    ledger: Ledger,
    evidence: Evidence,
    mail_kinds: Iterable[str],
    log_lines: Iterable[str] = (),
    never: Iterable[str] = NEVER_EXPECTED,
) -> Verdict:
    """``never`` are kinds of events that count as faults, apart from mails that would no longer have been true."""
    verdict = Verdict()
    for entry in ledger.entries:
        verdict.counts[f"{entry.what}: {entry.settled}"] += 1
        if entry.settled is Answer.REFUSED:
            verdict.counts[f"{entry.what}: {entry.outcome}"] += 1
        verdict.counts["sent again"] += len(entry.answers) - 1
    verdict.unsettled += [f"{entry.what} {entry.about}" for entry in ledger.entries if entry.settled is Answer.UNKNOWN]
    verdict.lost += find_lost(ledger, evidence)
    verdict.duplicated += [*duplicate_rows(evidence), *duplicate_assignments(evidence), *duplicate_mails(evidence)]
    expected_kinds = set(mail_kinds)
    sent = [row for row in evidence.rows["message"] if row["channel"] == "mail"]
    verdict.unexpected += sorted({f"a letter {row['kind']}" for row in sent if row["kind"] not in expected_kinds})
    faults = (row for row in evidence.events(*never) if not str(row["body"].get("reason")).startswith(NO_LONGER_TRUE))
    verdict.unexpected += [f"an event {row['kind']}: {row['body']}" for row in faults]
    verdict.unexpected += ledger.failures
    verdict.unexpected += log_lines
    copies = len(evidence.mails) - len({message_of(mail) for mail in evidence.mails})
    verdict.counts |= Counter({"mails": len(evidence.mails), "mails: copies": copies})
    for kind in ("agent_vanished", "agent_missed", "nobody_available", "customer_missed", "offer_expired"):
        verdict.counts[f"event {kind}"] = len(list(evidence.events(kind)))
    return verdict
