"""What a Zendesk webhook says, in either of its two forms.

An *event subscription* sends its own payload (``type: zen:event-type:ticket.…``, the ticket as ``detail``). It
names the requester by id only, so it can open an escalation where it carries ``requester`` besides, and it can
always end one. A *trigger or automation* sends the body that is written into it: the body of the API's
``POST /api/v1/escalations``, or ``{"ticket": {…, "status": "solved"}}``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from rules_dsl import value_from_text
from rules_dsl.directory import Directory
from web.api.json_body import as_model
from web.api.problems import FieldError, FieldsRefused
from web.api.requests import OpenEscalation, TicketBody
from web.api.words import WebAddress

SYSTEM = "zendesk"
TAG = "escalate_call"
"""A ticket with this tag is raised to a call."""
_EVENT = "zen:event-type:ticket."
_ENDED = ("solved", "closed")
_TICKET = re.compile(r"zen:ticket:(\d+)")


@dataclass(frozen=True)
class Ends:
    """The ticket is solved or closed: nobody needs the call any more."""

    ticket_id: str
    url: str = ""
    """Its address, where that was sent; it tells the account."""


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


class EventTicket(TicketBody):
    """An event does not say where its ticket is opened."""

    url: WebAddress | Literal[""] = ""


class EventEscalation(OpenEscalation):
    ticket: EventTicket


class Detail(BaseModel):
    """What we read of an event's ticket; the rest is passed over, because Zendesk adds to it."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    id: str = ""
    status: str = ""
    subject: str = ""
    priority: str | None = None
    tags: list[str] = []
    url: str = ""
    requester: Requester | None = None
    facts: dict[str, Any] = {}
    """Not Zendesk's own: the desk's facts, which whoever passes the event on may add, as with ``requester``."""


def read_payload(payload: Any, directory: Directory) -> Opens | Ends | IgnoredWebhook:
    """Raises ``FieldsRefused`` for a ticket that wants a call and lacks what one needs."""
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
    said = {"ticket": ticket}
    if isinstance(payload.get("customer"), dict):
        said["customer"] = _with_facts(payload["customer"], directory)
    return Opens(as_model(payload | said, OpenEscalation))


def _address(sent: Any) -> str:
    return sent if isinstance(sent, str) else ""


def _with_facts(part: dict[str, Any], directory: Directory) -> dict[str, Any]:
    """Its facts as the desk's vocabulary reads them: a placeholder of Zendesk is filled with text, or with none."""
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
        said = "an event names its requester by id only: send this webhook from a trigger, with the customer's address"
        raise FieldsRefused((FieldError("/detail/requester", said),))
    return Opens(as_model(_request(ticket_id, detail, detail.requester, directory), EventEscalation))


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
    """What the desk's vocabulary knows of the ticket; Zendesk's capitals are its own."""
    facts: dict[str, Any] = {}
    priority = directory.fact_named("priority")
    if priority is not None and (detail.priority or "").casefold() in priority.values:
        facts["priority"] = (detail.priority or "").casefold()
    if directory.fact_named("tags") is not None:
        facts["tags"] = [tag for tag in detail.tags if tag != TAG]
    return facts | {name: _as_declared(name, value, directory) for name, value in detail.facts.items()}


def _ticket_of(subject: object) -> str:
    found = _TICKET.fullmatch(subject) if isinstance(subject, str) else None
    return found[1] if found else ""
