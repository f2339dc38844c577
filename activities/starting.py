"""Starts an escalation's workflow from its rows. Idempotent: a second start has no effect."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from activities.customer_link import link_out
from activities.messages import CallDue, EscalationOpened, Event, Happened, Times
from database.stores.escalations.outbox import read_workflow_start
from database.stores.journal.plan_json import load_plan
from database.stores.journal.timeline import database_now
from domain.ids import TASK_QUEUE, workflow_id
from domain.plan import Plan

WORKFLOW = "Escalation"
SIGNAL = "happened"
MODE = SearchAttributeKey.for_keyword("EscalationMode")
RULE = SearchAttributeKey.for_keyword("EscalationRule")
LONGEST_KEYWORD = 200


def times_of(plan: Plan) -> Times:
    """The plan's times, converted to the workflow's message type."""
    decision = plan.decision
    return Times(
        prepare=decision.calls.prepare,
        offer=decision.calls.offer,
        slot=decision.booking.slot,
        wait_for_customer=decision.calls.wait_for_customer,
        wrap_up=decision.calls.wrap_up,
        customer_reminders=decision.reminders.customer,
        agent_reminders=decision.reminders.agent,
        ask_after=decision.feedback.ask_after,
        ask_again_after=decision.feedback.ask_again_after,
        survey_expires=decision.links.survey_expires,
    )


@dataclass(frozen=True)
class _Start:
    """What a workflow is started with."""

    opened: EscalationOpened
    mode: str
    rule: str
    delay: timedelta | None
    """Until the customer is to be nudged; until then, a workflow that waits for a booking has nothing to do."""


async def start_workflow(
    client: Client,
    engine: AsyncEngine,
    escalation_id: str,
    *,
    again: bool = False,
    time_limit: timedelta = timedelta(seconds=3),
) -> bool:
    """Start an escalation's workflow. False if the escalation has ended or its workflow was already started.

    With ``again``, the workflow is rebuilt from the rows: its input includes all the events that its predecessor should
    have received. A workflow that waits for a booking is started with a delay: no worker runs it before the customer is
    to be nudged, or before ``wake_workflow`` brings it an event. Raises ``RPCError``.
    """
    start = await _read_start(engine, escalation_id, again=again)
    if start is None:
        return False
    reuse = WorkflowIDReusePolicy.ALLOW_DUPLICATE if again else WorkflowIDReusePolicy.REJECT_DUPLICATE
    return await _start(client, start, reuse, time_limit, delay=start.delay)


async def wake_workflow(
    client: Client, engine: AsyncEngine, escalation_id: str, message: Happened, time_limit: timedelta
) -> bool:
    """Signal events to a workflow whose start may still be delayed, and end the delay; False if it has ended.

    An ordinary signal would lie in the history until the delay is over. If Temporal has lost the workflow, it is
    started again from the rows. Raises ``RPCError``.
    """
    start = await _read_start(engine, escalation_id, again=True, even_if_over=True)
    if start is None:
        return False
    return await _start(client, start, WorkflowIDReusePolicy.REJECT_DUPLICATE, time_limit, signal=message)


async def _read_start(
    engine: AsyncEngine, escalation_id: str, *, again: bool, even_if_over: bool = False
) -> _Start | None:
    async with engine.connect() as conn:
        begun = await read_workflow_start(conn, escalation_id, even_if_over=even_if_over)
        now = await database_now(conn, None)
    if begun is None:
        return None
    plan = load_plan(begun.plan)
    link, call = link_out(begun.link), None
    if begun.call is not None:
        call = CallDue(str(begun.call.id), begun.call.starts_at, begun.call.muster_at)
    opened = EscalationOpened(escalation_id, times_of(plan), link, call)
    if again:
        events = tuple(Event(row.seq, row.kind, row.at, row.body) for row in begun.events)
        opened = replace(opened, seq=begun.seq, events=events)
    delay = None
    if link is not None and link.nudge_at > now:
        # Whole seconds, so that the nudge is due when the workflow begins.
        delay = timedelta(seconds=math.ceil((link.nudge_at - now).total_seconds()))
    return _Start(opened, begun.mode, plan.decision.rule[:LONGEST_KEYWORD], delay)


async def _start(
    client: Client,
    start: _Start,
    reuse: WorkflowIDReusePolicy,
    time_limit: timedelta,
    *,
    delay: timedelta | None = None,
    signal: Happened | None = None,
) -> bool:
    attributes = [SearchAttributePair(MODE, start.mode), SearchAttributePair(RULE, start.rule)]
    try:
        await client.start_workflow(
            WORKFLOW,
            start.opened,
            id=workflow_id(start.opened.escalation_id),
            task_queue=TASK_QUEUE,
            id_reuse_policy=reuse,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=TypedSearchAttributes(attributes),
            memo={"seq": start.opened.seq},
            static_summary=start.rule,
            start_delay=delay,
            start_signal=SIGNAL if signal else None,
            start_signal_args=[signal] if signal else [],
            rpc_timeout=time_limit,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True
