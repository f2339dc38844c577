"""Reads the payload of a Zendesk webhook, in either of its two forms.

An *event subscription* sends Zendesk's own payload (``type: zen:event-type:ticket.…``, with the ticket as ``detail``).
It names the requester only by id, so it can always end an escalation, but can open one only if a ``requester`` has been
added. A *trigger or automation* sends a body that an administrator wrote for it: the body of the API's ``POST
/api/v1/escalations``, or ``{"ticket": {…, "status": "solved"}}``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from rules_dsl import value_from_text
from rules_dsl.directory import Directory
from web.api.json_body import as_model
from web.api.problems import FieldError, FieldsRefused
from web.api.requests import OpenEscalation

SYSTEM = "zendesk"
TAG = "escalate_call"
"""Tickets with this tag are escalated."""
_EVENT = "zen:event-type:ticket."
_ENDED = ("solved", "closed")
_TICKET = re.compile(r"zen:ticket:(\d+)")


@dataclass(frozen=True)
class Ends:
    """The ticket is solved or closed, so the call is no longer needed."""

    ticket_id: str
    url: str = ""
    """The ticket's URL, if sent; it identifies the account."""


@dataclass(frozen=True)
class Opens:
    body: OpenEscalation


@dataclass(frozen=True)
class IgnoredWebhook:
    reason: str


class Requester(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str = ""
    email: str


class Detail(BaseModel):
    """The fields we read from an event's ticket. Others are ignored, because Zendesk adds new ones."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    id: str = ""
    status: str = ""
    subject: str = ""
    priority: str | None = None
    tags: list[str] = []
    url: str = ""
    requester: Requester | None = None
    facts: dict[str, Any] = {}
    """Facts that may be added by whatever forwards the event. Like ``requester``, they don't come from Zendesk."""


def read_payload(payload: Any, directory: Directory) -> Opens | Ends | IgnoredWebhook:
    """What the webhook asks for. Raises ``FieldsRefused`` if it asks for a call but lacks what a call needs."""
    if not isinstance(payload, dict):
        raise FieldsRefused((FieldError("", "must be an object"),))
    kind = payload.get("type")
    if isinstance(kind, str) and not isinstance(payload.get("ticket"), dict):
        return _event(kind, payload, directory)
    return _trigger(payload, directory)


def _trigger(payload: dict[str, Any], directory: Directory) -> Opens | Ends:
    ticket = dict(payload["ticket"]) if isinstance(payload.get("ticket"), dict) else {}
    status = str(ticket.pop("status", "")).casefold()
    if status in _ENDED and ticket.get("id"):
        return Ends(str(ticket["id"]), _address(ticket.get("url")))
    ticket = {"system": SYSTEM} | ticket
    if isinstance(ticket.get("id"), int):
        ticket["id"] = str(ticket["id"])
    ticket = _with_facts(ticket, directory)
    body = {"ticket": ticket}
    if isinstance(payload.get("customer"), dict):
        body["customer"] = _with_facts(payload["customer"], directory)
    return Opens(as_model(payload | body, OpenEscalation))


def _address(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _with_facts(part: dict[str, Any], directory: Directory) -> dict[str, Any]:
    """Converts facts to their declared types, because Zendesk fills placeholders with text, possibly empty."""
    facts = part.get("facts")
    if not isinstance(facts, dict):
        return part
    return part | {"facts": {name: _as_declared(name, value, directory) for name, value in facts.items()}}


def _as_declared(name: str, value: Any, directory: Directory) -> Any:
    fact = directory.fact_named(name)
    if fact is None or not isinstance(value, str):
        return value
    return value.replace(",", " ").split() if fact.kind == "tags" else value_from_text(fact, value)


def _event(kind: str, payload: dict[str, Any], directory: Directory) -> Opens | Ends | IgnoredWebhook:
    if not kind.startswith(_EVENT):
        return IgnoredWebhook(f"{kind} is not about a ticket")
    detail = as_model({"detail": payload.get("detail") or {}}, _Event).detail
    ticket_id = detail.id or _ticket_of(payload.get("subject"))
    if not ticket_id:
        raise FieldsRefused((FieldError("/detail/id", "this field is missing"),))
    if detail.status.casefold() in _ENDED:
        return Ends(ticket_id, detail.url)
    if TAG not in detail.tags:
        return IgnoredWebhook(f"the ticket is not tagged {TAG}")
    if detail.requester is None:
        reason = "an event has only the requester's id: send this webhook from a trigger, with the customer's address"
        raise FieldsRefused((FieldError("/detail/requester", reason),))
    return Opens(as_model(_request(ticket_id, detail, detail.requester, directory), OpenEscalation))


class _Event(BaseModel):
    detail: Detail


def _request(ticket_id: str, detail: Detail, requester: Requester, directory: Directory) -> dict[str, Any]:
    name = requester.name or requester.email.partition("@")[0]
    subject = detail.subject or f"Ticket {ticket_id}"
    ticket = {
        "system": SYSTEM,
        "id": ticket_id,
        "url": detail.url,
        "subject": subject,
        "facts": _facts(detail, directory),
    }
    return {"ticket": ticket, "customer": {"name": name, "email": requester.email}, "mode": "booking"}


def _facts(detail: Detail, directory: Directory) -> dict[str, Any]:
    """The ticket's facts that the directory declares. The priority is lowercased to match the declared values."""
    facts: dict[str, Any] = {}
    priority = directory.fact_named("priority")
    if priority is not None and (detail.priority or "").casefold() in priority.values:
        facts["priority"] = (detail.priority or "").casefold()
    if directory.fact_named("tags") is not None:
        facts["tags"] = [tag for tag in detail.tags if tag != TAG]
    return facts | {name: _as_declared(name, value, directory) for name, value in detail.facts.items()}


def _ticket_of(subject: object) -> str:
    match = _TICKET.fullmatch(subject) if isinstance(subject, str) else None
    return match[1] if match else ""
