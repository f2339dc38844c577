"""Escalations as the API tells of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from database.stores.journal.plan_json import plan_view
from database.stores.queries.escalation_detail import Fields, WholeEscalation
from database.stores.queries.escalation_list import EscalationLine
from domain.ids import Tokens
from domain.rounds.waiting_line import estimate_words


def customer_link(tokens: Tokens, whole: WholeEscalation, base_url: str) -> str | None:
    """The latest address of the customer, or None where the rules refused a call."""
    if not whole.links:
        return None
    return f"{base_url}/c/{tokens.customer_link(whole.id, whole.links[-1]['nth'])}"


def opened_view(whole: WholeEscalation, link: str | None) -> Fields:
    return {"id": whole.id, "state": whole.state, "customer_link": link, "plan": plan_view(whole.plan)}


def whole_view(whole: WholeEscalation) -> Fields:
    """Everything of one escalation. Fields that have no value yet are null."""
    return {
        "id": whole.id,
        "state": whole.state,
        "outcome": whole.outcome,
        "mode": whole.mode,
        "opened_by": whole.opened_by,
        "opened_at": _moment(whole.opened_at),
        "updated_at": _moment(whole.updated_at),
        "closed_at": _moment(whole.closed_at),
        "ticket": whole.ticket,
        "customer": whole.customer,
        "plan": plan_view(whole.plan),
        "booking": whole.booking and _booking(whole.booking),
        "offers": [_offer(offer) for offer in whole.offers],
        "call": _call(whole.calls[-1]) if whole.calls else None,
        "rating": whole.rating and _rating(whole.rating),
        "timeline": [_event(event) for event in whole.events],
    }


def line_view(line: EscalationLine) -> Fields:
    return {
        "id": line.id,
        "state": line.state,
        "outcome": line.outcome,
        "ticket": {"system": line.ticket_system, "id": line.ticket_id, "subject": line.subject},
        "rule": line.rule,
        "opened_at": _moment(line.opened_at),
        "updated_at": _moment(line.updated_at),
    }


def _booking(row: Fields) -> Fields:
    return {
        "state": row["state"],
        "starts_at": _moment(row["starts_at"]),
        "seconds": row["seconds"],
        "sequence": row["sequence"],
        "booked_at": _moment(row["booked_at"]),
    }


def _offer(row: Fields) -> Fields:
    return {
        "call": row["call"],
        "nth": row["nth"],
        "person": row["person_name"],
        "state": row["state"],
        "step": row["step"],
        "why": row["why"],
        "made_at": _moment(row["made_at"]),
        "expires_at": _moment(row["expires_at"]),
        "answered_at": _moment(row["answered_at"]),
    }


def _call(row: Fields) -> Fields:
    names = ("starts_at", "accepted_at", "customer_joined_at", "agent_joined_at", "ended_at", "wrapped_up_at")
    moments = {name: _moment(row[name]) for name in names}
    wrapped = row["wrap_up"]
    return {
        "id": row["id"],
        "nth": row["nth"],
        "state": row["state"],
        "person": row["person_name"],
        "team": row["team_name"],
        "title": row["title_name"],
        "attribution": row["attribution"],
        "place": row["place"] if row["state"] == "waiting" else None,
        "estimate": (estimate_words(row["estimate"]) or None) if row["state"] == "waiting" else None,
        **moments,
        "wrap_up": wrapped and {key: _plain(value) for key, value in wrapped.items() if key not in ("call", "person")},
    }


def _rating(row: Fields) -> Fields:
    return {"score": row["score"], "comment": row["comment"], "at": _moment(row["at"])}


def _event(row: Fields) -> Fields:
    return {
        "seq": row["seq"],
        "kind": row["kind"],
        "at": _moment(row["at"]),
        "actor": row["actor"],
        "body": row["body"],
    }


def _plain(value: Any) -> Any:
    return _moment(value) if isinstance(value, datetime) else value


def _moment(value: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return None if value is None else value.isoformat().replace("+00:00", "Z")
