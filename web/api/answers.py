"""What the API answers, as models, so that the OpenAPI document describes every field of every answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, WithJsonSchema

from domain.escalation import Mode, Outcome, State

Instant = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""RFC 3339, in UTC."""


class PlanStepAnswer(BaseModel):
    after_seconds: int
    do: str


class PlanReasonAnswer(BaseModel):
    rule: str
    held: bool
    line: int
    text: str
    because: str


class PlanAnswer(BaseModel):
    """What the rules decided, and why."""

    ruleset: str
    rule: str
    kind: str
    pool: str
    steps: list[PlanStepAnswer]
    slot_seconds: int
    prepare_seconds: int
    note: str
    why: list[PlanReasonAnswer]


class OpenedAnswer(BaseModel):
    id: str
    state: State
    customer_link: str | None = Field(description="The customer's private link. Null if the rules refused the call.")
    plan: PlanAnswer


class TicketAnswer(BaseModel):
    system: str
    id: str
    url: str
    subject: str
    facts: dict[str, Any]
    created_at: Instant | None
    solved_at: Instant | None
    reopened_at: Instant | None
    replies: int | None


class CustomerAnswer(BaseModel):
    name: str
    email: str
    time_zone: str
    language: str
    phone: str = Field(description="In E.164; empty if unknown.")


class MessageAnswer(BaseModel):
    author: str
    at: Instant | None
    text: str


class BookingAnswer(BaseModel):
    state: str
    starts_at: Instant
    seconds: int
    sequence: int
    booked_at: Instant


class OfferAnswer(BaseModel):
    call: str
    nth: int
    person: str
    state: str
    step: int | None
    why: dict[str, Any]
    made_at: Instant
    expires_at: Instant
    answered_at: Instant | None


class CallAnswer(BaseModel):
    id: str
    nth: int
    state: str
    person: str | None
    team: str | None
    title: str | None
    attribution: dict[str, Any] | None
    place: int | None = Field(
        description="Place in line while it waits for somebody; 1 is next. Null if nobody who could take it is there."
    )
    estimate: str | None
    starts_at: Instant | None
    accepted_at: Instant | None
    customer_joined_at: Instant | None
    agent_joined_at: Instant | None
    ended_at: Instant | None
    wrapped_up_at: Instant | None
    wrap_up: dict[str, Any] | None


class RatingAnswer(BaseModel):
    score: int
    comment: str | None
    at: Instant = Field(description="When the customer first rated the call.")
    first_score: int | None = Field(description="The first score, if the customer has changed it.")
    changed_at: Instant | None


class EventAnswer(BaseModel):
    seq: int
    kind: str
    at: Instant
    actor: str
    body: dict[str, Any]


class EscalationAnswer(BaseModel):
    """One escalation with everything about it. Fields without a value are null."""

    id: str
    state: State
    outcome: Outcome | None
    mode: Mode
    opened_by: str
    opened_at: Instant
    updated_at: Instant
    closed_at: Instant | None
    ticket: TicketAnswer
    customer: CustomerAnswer
    conversation: list[MessageAnswer]
    plan: PlanAnswer
    booking: BookingAnswer | None
    offers: list[OfferAnswer]
    call: CallAnswer | None
    rating: RatingAnswer | None
    timeline: list[EventAnswer]


class TicketLineAnswer(BaseModel):
    system: str
    id: str
    subject: str


class EscalationLineAnswer(BaseModel):
    id: str
    state: State
    outcome: Outcome | None
    ticket: TicketLineAnswer
    rule: str
    opened_at: Instant
    updated_at: Instant


class EscalationsAnswer(BaseModel):
    escalations: list[EscalationLineAnswer]
    next: str | None = Field(description="Send it as `cursor` for the next page. Null on the last page.")


class EndedAnswer(BaseModel):
    id: str
    state: State
    outcome: Outcome | None


class TicketNewsAnswer(BaseModel):
    """What is known of the ticket now."""

    escalations: list[str] = Field(description="The ids of all escalations of this ticket, newest first.")
    created_at: datetime | None
    solved_at: datetime | None
    reopened_at: datetime | None
    replies: int | None


class SlotAnswer(BaseModel):
    starts_at: Instant
    open: bool
    why: str | None
    reason: str | None
    proven: bool | None


class SlotsAnswer(BaseModel):
    day: str
    time_zone: str
    pool: str
    slots: list[SlotAnswer]


ShiftSpan = Annotated[
    dict[str, str],
    WithJsonSchema(
        {
            "type": "object",
            "required": ["from", "until"],
            "properties": {
                "from": {"type": "string", "format": "date-time"},
                "until": {"type": "string", "format": "date-time"},
            },
        }
    ),
]


class PersonShiftsAnswer(BaseModel):
    email: str
    name: str
    team: str | None
    shifts: list[ShiftSpan]


class ShiftsAnswer(BaseModel):
    people: list[PersonShiftsAnswer]
    next: int | None = Field(description="Send it as `cursor` for the next page. Null on the last page.")


class AtRiskAnswer(BaseModel):
    escalation: str
    subject: str
    starts_at: Instant
    pool: str


class ScheduleAnswer(BaseModel):
    done: bool = Field(description="False for a dry run.")
    moved: int = Field(description="Booked calls that other people now cover.")
    at_risk: list[AtRiskAnswer]
