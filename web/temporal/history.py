"""A workflow's history as readable rows: activities, timers, updates and signals."""

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
    """One event in the history."""

    event_id: int
    time: datetime
    what: str
    """The event's type, the name of its activity, signal, update or marker, and its summary if there is one."""
    details: str
    """The event's inputs and results as JSON, or its failure message."""


@dataclass(frozen=True)
class PendingActivity:
    """An activity that is running or waiting for a retry."""

    type: str
    attempt: int
    last_failure: str
    scheduled: datetime | None


def history_rows(events: Iterable[HistoryEvent]) -> list[HistoryRow]:
    """All events except workflow tasks, which only say that the worker ran the workflow's code."""
    return [_row(event) for event in events if not EventType.Name(event.event_type).startswith(_WORKFLOW_TASK)]


_WORKFLOW_TASK = "EVENT_TYPE_WORKFLOW_TASK"


def _row(event: HistoryEvent) -> HistoryRow:
    name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").replace("_", " ").lower()
    field = event.WhichOneof("attributes")
    attributes = getattr(event, field) if field else None
    summary = _payload(event.user_metadata.summary) if event.HasField("user_metadata") else ""
    what = " · ".join(part for part in (name, _subject(attributes), str(summary or "")) if part)
    return HistoryRow(event.event_id, event.event_time.ToDatetime(UTC), what, _details(attributes))


def _subject(attributes: Any) -> str:
    """The name of the event's activity, signal, update or marker."""
    for path in (("activity_type", "name"), ("signal_name",), ("accepted_request", "input", "name"), ("marker_name",)):
        value = attributes
        for part in path:
            value = getattr(value, part, None)
        if isinstance(value, str) and value:
            return value
    return ""


def _details(attributes: Any) -> str:
    contents: list[Any] = []
    for name in ("input", "result"):
        if (payloads := getattr(getattr(attributes, name, None), "payloads", None)) is not None:
            contents += [_payload(payload) for payload in payloads]
    request = getattr(attributes, "accepted_request", None)
    if request is not None:
        contents += [_payload(payload) for payload in request.input.args.payloads]
    failure = getattr(attributes, "failure", None)
    if failure is not None and failure.message:
        contents.append(failure.message)
    return "\n".join(item if isinstance(item, str) else json.dumps(item, ensure_ascii=False) for item in contents)


def _payload(payload: Payload) -> Any:
    if not payload.data:
        return ""
    try:
        return json.loads(payload.data)
    except ValueError:
        return f"{len(payload.data)} bytes"


def pending_activities(description: WorkflowExecutionDescription) -> list[PendingActivity]:
    """Activities that are running or waiting for a retry."""
    activities: Sequence[Any] = description.raw_description.pending_activities
    return [
        PendingActivity(
            activity.activity_type.name,
            activity.attempt,
            activity.last_failure.message,
            activity.scheduled_time.ToDatetime(UTC) if activity.HasField("scheduled_time") else None,
        )
        for activity in activities
    ]
