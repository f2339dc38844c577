"""What the application shows afterwards: its export, and the caught mails."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.escalation import RELAYED_AT_ONCE
from tests.faults.judging.ledger import Ledger
from tests.faults.judging.mailbox import Mail

Row = dict[str, Any]


@dataclass(frozen=True)
class Evidence:
    """The export and the caught mails, reduced to the escalations of one ledger."""

    rows: dict[str, list[Row]]
    mails: list[Mail]

    @staticmethod
    def of(ledger: Ledger, export: str, mails: Iterable[Mail]) -> Evidence:
        lines = [json.loads(line) for line in export.splitlines()]
        assert lines[-1] == {"type": "end", "lines": len(lines) - 1}, "the export is incomplete"
        rows: dict[str, list[Row]] = defaultdict(list)
        tickets = set(ledger.escalations.values())
        ours = {line["id"] for line in lines if line["type"] == "escalation" and line["ticket_id"] in tickets}
        calls = {line["id"] for line in lines if line["type"] == "call" and line["escalation"] in ours}
        for line in lines:
            escalation = line["id"] if line["type"] == "escalation" else line.get("escalation")
            if escalation in ours or (escalation is None and line.get("call") in calls) or line["type"] == "person":
                rows[line["type"]].append(line)
        ids = {row["id"] for row in rows["message"]}
        return Evidence(rows, [mail for mail in mails if message_of(mail) in ids])

    def events(self, *kinds: str) -> Iterator[Row]:
        return (row for row in self.rows["escalation_event"] if row["kind"] in kinds)

    @property
    def backlog(self) -> list[str]:
        """Events not yet relayed and messages not yet sent."""
        unrelayed = [row for row in self.events(*RELAYED_AT_ONCE) if row["told_at"] is None]
        queued = [row for row in self.rows["message"] if row["state"] == "queued"]
        return [f"unrelayed {row['kind']}" for row in unrelayed] + [f"unsent {row['kind']}" for row in queued]


def message_of(mail: Mail) -> str:
    """The id of the message that this mail was sent for."""
    return str(mail["headers"].get("Message-ID", "")).strip("<>").partition("@")[0]


def at(timestamp: str) -> datetime:
    return datetime.fromisoformat(timestamp)
