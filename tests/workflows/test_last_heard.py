"""A workflow's position, read from its history: the last event that it has taken in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from activities.last_heard import heard_in
from config.temporal import DATA_CONVERTER

HISTORIES = Path(__file__).parent / "histories"
MEMO = "booked_and_rated_rows_first"
"""A history whose workflow wrote its position into its memo whenever it had heard of something."""


def recorded(name: str) -> list[HistoryEvent]:
    return list(WorkflowHistory.from_json(name, (HISTORIES / f"{name}.json").read_text()).events)


async def heard(events: Sequence[HistoryEvent]) -> int:
    async def pages() -> AsyncIterator[HistoryEvent]:
        for event in events:
            yield event

    return await heard_in(pages(), DATA_CONVERTER)


async def test_the_position_is_what_the_workflow_itself_would_have_written() -> None:
    events = recorded(MEMO)
    written = []
    for at, event in enumerate(events):
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED:
            memo = event.workflow_properties_modified_event_attributes.upserted_memo
            written.append(json.loads(memo.fields["seq"].data))
            assert await heard(events[: at + 1]) == written[-1]
    assert len(written) > 3


async def test_a_signal_counts_once_a_workflow_task_with_it_has_completed() -> None:
    events = recorded(MEMO)
    signal = next(
        at for at, event in enumerate(events) if event.HasField("workflow_execution_signaled_event_attributes")
    )
    completed = next(
        at
        for at, event in enumerate(events)
        if at > signal and event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    )
    assert await heard(events[:completed]) == 0
    assert await heard(events[: completed + 1]) == 3


async def test_a_task_that_began_before_a_signal_does_not_count_it() -> None:
    events = recorded(MEMO)
    signal = next(
        at for at, event in enumerate(events) if event.HasField("workflow_execution_signaled_event_attributes")
    )
    events[signal].event_id = 100
    first_task = [event for event in events[: signal + 4] if event.event_id != 100]
    assert await heard([*first_task[:2], events[signal], *first_task[2:]]) == 0
