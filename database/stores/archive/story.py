"""An archived escalation as pages show it: its rows, and from its document what the rows no longer hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from database.stores.archive.folder import ArchiveFolder
from database.stores.queries.escalation_detail import Fields, WholeEscalation


def with_document(escalation: WholeEscalation, folder: ArchiveFolder) -> WholeEscalation:
    """Add events, messages and reasons of offers. Unchanged if the escalation isn't archived or its file is missing."""
    if escalation.archived_at is None:
        return escalation
    ticket = escalation.ticket
    document = folder.read(folder.file_of(escalation.id, ticket["system"], ticket["id"], escalation.opened_at))
    if document is None:
        return escalation
    events = tuple(_typed(document["events"]))
    last = events[-1]["seq"] if events else 0
    later = tuple(event for event in escalation.events if event["seq"] > last)
    people = {int(number): name for number, name in (document["people"] or {}).items()}
    return replace(
        escalation,
        document_found=True,
        events=events + later,
        messages=tuple(_typed(document["messages"])) + escalation.messages,
        offers=tuple(_typed(document["offers"])),
        names=people | escalation.names,
    )


def _typed(rows: Iterable[dict[str, Any]]) -> Iterable[Fields]:
    """Rows with their times as ``datetime``."""
    for row in rows:
        yield {
            name: datetime.fromisoformat(value) if isinstance(value, str) and _is_time(name) else value
            for name, value in row.items()
        }


def _is_time(column: str) -> bool:
    return column == "at" or column.endswith("_at")
