"""A workflow's history as rows that a person can read: one an activity, a timer, an update, a signal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowExecutionDescription


@dataclass(frozen=True)
class HistoryRow:
    """One event: its number, its time, what it is, and what it carried."""

    event_id: int
    time: datetime
    what: str
    details: str


@dataclass(frozen=True)
class PendingActivity:
    """Something being tried."""

    type: str
    attempt: int
    last_failure: str
    scheduled: datetime | None


def story_of(events: Iterable[HistoryEvent]) -> list[HistoryRow]:
    """Every event but the workflow tasks, which only say that the worker had a turn."""
    return [_row(event) for event in events if not EventType.Name(event.event_type).startswith(_TURNS)]


_TURNS = "EVENT_TYPE_WORKFLOW_TASK"


def _row(event: HistoryEvent) -> HistoryRow:
    name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").replace("_", " ").lower()
    chosen = event.WhichOneof("attributes")
    attributes = getattr(event, chosen) if chosen else None
    named = _named(attributes)
    summary = _payload(event.user_metadata.summary) if event.HasField("user_metadata") else ""
    what = " · ".join(part for part in (name, named, str(summary or "")) if part)
    return HistoryRow(event.event_id, event.event_time.ToDatetime(UTC), what, _details(attributes))


def _named(attributes: Any) -> str:
    """What the event is about: an activity's, a signal's, an update's, a marker's name."""
    for path in (("activity_type", "name"), ("signal_name",), ("accepted_request", "input", "name"), ("marker_name",)):
        found = attributes
        for part in path:
            found = getattr(found, part, None)
        if isinstance(found, str) and found:
            return found
    return ""


def _details(attributes: Any) -> str:
    """What it carried, as JSON; a failure as its message."""
    carried: list[Any] = []
    for name in ("input", "result"):
        if (payloads := getattr(getattr(attributes, name, None), "payloads", None)) is not None:
            carried += [_payload(payload) for payload in payloads]
    request = getattr(attributes, "accepted_request", None)
    if request is not None:
        carried += [_payload(payload) for payload in request.input.args.payloads]
    failure = getattr(attributes, "failure", None)
    if failure is not None and failure.message:
        carried.append(failure.message)
    return "\n".join(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in carried)


def _payload(payload: Payload) -> Any:
    if not payload.data:
        return ""
    try:
        return json.loads(payload.data)
    except ValueError:
        return f"{len(payload.data)} bytes"


def pending_of(described: WorkflowExecutionDescription) -> list[PendingActivity]:
    """Activities that are running or wait to be tried again."""
    pending: Sequence[Any] = described.raw_description.pending_activities
    return [
        PendingActivity(
            one.activity_type.name,
            one.attempt,
            one.last_failure.message,
            one.scheduled_time.ToDatetime(UTC) if one.HasField("scheduled_time") else None,
        )
        for one in pending
    ]
