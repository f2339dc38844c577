"""Request bodies of the API: strict types, no unknown fields."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from domain.escalation import Customer, Mode, Opening, Ticket
from domain.tickets.reference import NO_NEWS, TicketNews
from web.api.conversation import Conversation
from web.api.schema import Body
from web.api.words import Facts, Language, Mail, Moment, Name, Phone, Reason, Short, Subject, WebAddress, Zone

LARGEST_COUNT = 2**31 - 1


class NewsBody(Body):
    """What outcomes are judged by. Null means that it isn't known."""

    created_at: Moment | None = Field(default=None, description="When the customer first wrote. RFC 3339.")
    solved_at: Moment | None = None
    reopened_at: Moment | None = Field(default=None, description="When it was last reopened after it was solved.")
    replies: int | None = Field(
        default=None, strict=True, ge=0, le=LARGEST_COUNT, description="Messages exchanged in writing."
    )

    @property
    def news(self) -> TicketNews:
        return TicketNews(self.created_at, self.solved_at, self.reopened_at, self.replies)


class TicketBody(NewsBody):
    system: Short = Field(description="The help desk, such as `zendesk`.", examples=["zendesk"])
    id: Short = Field(description="The ticket's id in that help desk.", examples=["4711"])
    url: WebAddress = Field(
        default="", description="Where an agent opens the ticket. Needed if tickets come from several accounts."
    )
    subject: Subject = Field(examples=["Engine stops at sea"])
    facts: Facts = Field(
        default={}, description="What rules can ask about, keyed by the names of declared facts: priority, tags, …"
    )


class CustomerBody(Body):
    name: Name
    email: Mail = Field(description="Where the link and the survey are sent.")
    time_zone: Zone = Field(
        default="", description="IANA name. Without one, times are first shown in the organisation's zone."
    )
    language: Language = ""
    phone: Phone = Field(
        default="", description="With its country code; stored in E.164.", examples=["+45 32 12 34 56"]
    )
    facts: Facts = Field(default={}, description="Facts about the customer: tier, ARR, …")


class OpenEscalation(Body):
    """A ticket to escalate to a call."""

    ticket: TicketBody
    customer: CustomerBody
    conversation: Conversation = Field(default=[])
    mode: Literal["booking", "now"] = Field(
        default="booking", description="`now` starts searching for somebody immediately; nothing is booked."
    )

    def opening(self, opened_by: str, key: str | None) -> Opening:
        sent = self.ticket
        ticket = Ticket(sent.system, sent.id, sent.url, sent.subject, dict(sent.facts), news=sent.news)
        conversation = tuple(message.view() for message in self.conversation)
        customer = Customer(**self.customer.model_dump())
        return Opening(ticket, customer, Mode(self.mode), opened_by, key, conversation)


class TicketNewsBody(NewsBody):
    """News of a ticket, which may have been escalated long ago."""

    system: Short
    id: Short
    url: WebAddress = Field(default="", description="Needed if tickets come from several accounts.")

    @model_validator(mode="after")
    def _has_news(self) -> TicketNewsBody:
        if self.news == NO_NEWS:
            raise ValueError("must have created_at, solved_at, reopened_at or replies")
        return self


class WithdrawEscalation(Body):
    """Why the escalation ends: the call is no longer wanted, or the ticket is solved."""

    outcome: Literal["withdrawn", "ticket_solved"] = "withdrawn"
    reason: Reason = ""
