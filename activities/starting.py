"""Starts an escalation's workflow from its rows. Idempotent: a second start has no effect."""

from __future__ import annotations

from dataclasses import replace
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
from activities.messages import CallDue, EscalationOpened, Event, Times
from database.stores.escalations.outbox import read_workflow_start
from database.stores.journal.plan_json import load_plan
from domain.ids import TASK_QUEUE, workflow_id
from domain.plan import Plan

WORKFLOW = "Escalation"
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
    have received. Raises ``RPCError``.
    """
    reuse = WorkflowIDReusePolicy.ALLOW_DUPLICATE if again else WorkflowIDReusePolicy.REJECT_DUPLICATE
    async with engine.connect() as conn:
        begun = await read_workflow_start(conn, escalation_id)
    if begun is None:
        return False
    plan = load_plan(begun.plan)
    link, call = link_out(begun.link), None
    if begun.call is not None:
        call = CallDue(str(begun.call.id), begun.call.starts_at, begun.call.muster_at)
    opened = EscalationOpened(escalation_id, times_of(plan), link, call, reports_seq=True)
    if again:
        events = tuple(Event(row.seq, row.kind, row.at, row.body) for row in begun.events)
        opened = replace(opened, seq=begun.seq, events=events)
    attributes = [
        SearchAttributePair(MODE, begun.mode),
        SearchAttributePair(RULE, plan.decision.rule[:LONGEST_KEYWORD]),
    ]
    try:
        await client.start_workflow(
            WORKFLOW,
            opened,
            id=workflow_id(escalation_id),
            task_queue=TASK_QUEUE,
            id_reuse_policy=reuse,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=TypedSearchAttributes(attributes),
            memo={"seq": opened.seq},
            static_summary=plan.decision.rule[:LONGEST_KEYWORD],
            rpc_timeout=time_limit,
        )
    except WorkflowAlreadyStartedError:
        return False
    return True
