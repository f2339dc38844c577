"""Escalations as JSON for the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from database.stores.journal.plan_json import plan_view
from database.stores.queries.escalation_detail import Fields, WholeEscalation
from database.stores.queries.escalation_list import EscalationLine
from domain.ids import Tokens
from domain.rounds.waiting_line import estimate_words


def customer_link(tokens: Tokens, escalation: WholeEscalation, base_url: str) -> str | None:
    """The URL of the latest customer link, or None if the rules refused the call."""
    if not escalation.links:
        return None
    return f"{base_url}/c/{tokens.customer_link(escalation.id, escalation.links[-1]['nth'])}"


def opened_view(escalation: WholeEscalation, link: str | None) -> Fields:
    plan = plan_view(escalation.plan)
    return {"id": escalation.id, "state": escalation.state, "customer_link": link, "plan": plan}


def escalation_view(escalation: WholeEscalation) -> Fields:
    """An escalation in full. Fields without a value are null."""
    return {
        "id": escalation.id,
        "state": escalation.state,
        "outcome": escalation.outcome,
        "mode": escalation.mode,
        "opened_by": escalation.opened_by,
        "opened_at": _moment(escalation.opened_at),
        "updated_at": _moment(escalation.updated_at),
        "closed_at": _moment(escalation.closed_at),
        "ticket": {name: _plain(value) for name, value in escalation.ticket.items()},
        "customer": escalation.customer,
        "conversation": list(escalation.conversation),
        "plan": plan_view(escalation.plan),
        "booking": escalation.booking and _booking(escalation.booking),
        "offers": [_offer(offer) for offer in escalation.offers],
        "call": _call(escalation.calls[-1]) if escalation.calls else None,
        "rating": escalation.rating and _rating(escalation.rating),
        "timeline": [_event(event) for event in escalation.events],
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
    wrap_up = row["wrap_up"]
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
        "wrap_up": wrap_up and {key: _plain(value) for key, value in wrap_up.items() if key not in ("call", "person")},
    }


def _rating(row: Fields) -> Fields:
    """The rating that counts; ``first_score`` and ``changed_at`` only if it was changed."""
    changed = {"first_score": row.get("first_score"), "changed_at": _plain(row.get("changed_at"))}
    return {"score": row["score"], "comment": row["comment"], "at": _moment(row["at"])} | changed


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
    """The moment in UTC, formatted as in RFC 3339."""
    return None if value is None else value.isoformat().replace("+00:00", "Z")
