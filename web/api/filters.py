"""The filters of the list of escalations, as query parameters."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from database.stores.queries.escalation_list import EscalationFilter
from domain.escalation import Outcome, State
from domain.tickets.reference import ReferenceUnclear, read_reference
from web.api.problems import FieldError, FieldsRefused
from web.api.words import Moment


async def escalation_filter(
    state: Annotated[list[State] | None, Query(description="One or more states.")] = None,
    outcome: Annotated[list[Outcome] | None, Query(description="One or more outcomes.")] = None,
    ticket: Annotated[
        str,
        Query(description="A ticket's address, or its number: the ticket of every account with it.", max_length=2000),
    ] = "",
    customer: Annotated[str, Query(description="The customer's mail address.", max_length=254)] = "",
    team: Annotated[str, Query(description="The name of the team that it went to first.", max_length=200)] = "",
    rule: Annotated[str, Query(description="The name of the rule that decided.", max_length=500)] = "",
    updated_since: Annotated[Moment | None, Query(description="RFC 3339. Its last event was then or later.")] = None,
) -> EscalationFilter:
    """Escalations that fit all of these. Raises ``FieldsRefused``."""
    if ticket:
        try:
            read_reference(ticket, "")
        except ReferenceUnclear:
            raise FieldsRefused((FieldError("?ticket", "must be a ticket's address or number"),)) from None
    return EscalationFilter(
        states=tuple(one.value for one in state or ()),
        outcomes=tuple(one.value for one in outcome or ()),
        ticket=ticket,
        customer=customer.strip().lower(),
        team=team.strip(),
        rule=rule.strip(),
        updated_since=updated_since,
    )
