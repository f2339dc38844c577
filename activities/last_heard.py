"""How far a workflow has come, read from its history: the last event that it received and took in.

The history is the only record of this that can't lag behind: a workflow that wrote its position elsewhere would pay for
it with each event, and would be behind whenever it had better things to do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TypeVar

from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client
from temporalio.converter import DataConverter

from activities.messages import EscalationOpened, Event, Happened, Settled
from domain.ids import workflow_id

TIMEOUT = timedelta(seconds=3)
PAGE = 1000
"""History events per request."""
SETTLE = "settle"
"""The activity whose result contains events that no signal brought."""

Message = TypeVar("Message")


async def last_heard(client: Client, escalation_id: str) -> int:
    """The sequence number of the last event that the workflow's newest run has taken in. Raises ``RPCError``.

    A signal counts once a workflow task that contains it has completed. So a workflow whose tasks fail has heard
    nothing, even though its history contains the signals.
    """
    handle = client.get_workflow_handle(workflow_id(escalation_id))
    return await heard_in(handle.fetch_history_events(page_size=PAGE, rpc_timeout=TIMEOUT), client.data_converter)


async def heard_in(history: AsyncIterator[HistoryEvent], converter: DataConverter) -> int:
    """The sequence number of the last event taken in, according to this history."""
    heard = 0
    waiting: list[tuple[int, int]] = []
    settling: set[int] = set()
    async for event in history:
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
                opened = await _decoded(
                    converter, event.workflow_execution_started_event_attributes.input, EscalationOpened
                )
                heard = max(opened.seq, _last(opened.events))
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                message = await _decoded(converter, event.workflow_execution_signaled_event_attributes.input, Happened)
                waiting.append((event.event_id, _last(message.events)))
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                if event.activity_task_scheduled_event_attributes.activity_type.name == SETTLE:
                    settling.add(event.event_id)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                completed = event.activity_task_completed_event_attributes
                if completed.scheduled_event_id in settling:
                    settled = await _decoded(converter, completed.result, Settled)
                    waiting.append((event.event_id, _last(settled.events)))
            case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                started = event.workflow_task_completed_event_attributes.started_event_id
                heard = max([heard, *(seq for id_, seq in waiting if id_ < started)])
                waiting = [one for one in waiting if one[0] > started]
    return heard


def _last(events: tuple[Event, ...]) -> int:
    return max((event.seq for event in events), default=0)


async def _decoded(converter: DataConverter, payloads: Payloads, message: type[Message]) -> Message:
    decoded: Message = (await converter.decode(payloads.payloads, [message]))[0]
    return decoded
