"""Request bodies of the API: strict types, no unknown fields."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.escalation import Customer, Mode, Opening, Ticket
from web.api.words import Facts, Language, Mail, Name, Reason, Short, Subject, WebAddress, Zone


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TicketBody(Body):
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
    facts: Facts = Field(default={}, description="Facts about the customer: tier, ARR, …")


class OpenEscalation(Body):
    """A ticket to escalate to a call."""

    ticket: TicketBody
    customer: CustomerBody
    mode: Literal["booking", "now"] = Field(
        default="booking", description="`now` starts searching for somebody immediately; nothing is booked."
    )

    def opening(self, opened_by: str, key: str | None) -> Opening:
        return Opening(
            Ticket(**self.ticket.model_dump()), Customer(**self.customer.model_dump()), Mode(self.mode), opened_by, key
        )


class WithdrawEscalation(Body):
    """Why the escalation ends: the call is no longer wanted, or the ticket is solved."""

    outcome: Literal["withdrawn", "ticket_solved"] = "withdrawn"
    reason: Reason = ""
