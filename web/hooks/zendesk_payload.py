"""Reads the payload of a Zendesk webhook, in either of its two forms.

An *event subscription* sends Zendesk's own payload (``type: zen:event-type:ticket.…``, with the ticket as ``detail``).
It names the requester only by id, so it can always end an escalation, but can open one only if a ``requester`` has been
added. A *trigger or automation* sends a body that an administrator wrote for it: the body of the API's ``POST
/api/v1/escalations``, or ``{"ticket": {…, "status": "solved"}}``.

Zendesk doesn't send a refused webhook again, and fills placeholders with whatever the ticket has. So the two things
that are needed are read first, whatever the rest looks like: which ticket, and whether it has ended. Anything else that
can't be used as it is becomes the next best thing, or is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.tickets.address import read_address
from domain.tickets.reference import ReferenceUnclear, TicketNews, bare_number
from rules_dsl import value_from_text
from rules_dsl.directory import Directory
from web.api.json_body import as_model
from web.api.problems import FieldError, FieldsRefused
from web.api.requests import OpenEscalation
from web.hooks.commands import ENDED, REOPENED, SOLVED, Command, Ends, IgnoredWebhook, Opens, Reopens, SourceWords
from web.hooks.leniently import conversation_of, count_of, line, mail_or_as_sent, moment_of, phone_of, zone_of

SYSTEM = "zendesk"
TAG = "escalate_call"
"""Events open an escalation for tickets with this tag. A trigger's own conditions decide; they may name it too."""
_TYPE = "zen:event-type:"
_TICKET = re.compile(r"zen:ticket:(\d+)")


@dataclass(frozen=True)
class PayloadTicket:
    """Which ticket a payload is about, however odd the rest of it is."""

    event: str
    """The type of the event (``ticket.tags_changed``); empty for the body of a trigger."""
    fields: Mapping[str, Any]
    number: str
    """Empty if the payload names no ticket."""
    url: str

    @property
    def change(self) -> str:
        """What happened to the ticket: ``tags_changed``."""
        return self.event.removeprefix("ticket.")


def ticket_in(payload: Any) -> PayloadTicket:
    body = _part(payload)
    kind = body.get("type") if not isinstance(body.get("ticket"), dict) else None
    event = line(kind, 100).removeprefix(_TYPE) if isinstance(kind, str) else ""
    fields = _part(body.get("detail" if event else "ticket"))
    return PayloadTicket(event, fields, _number(fields, body.get("subject") if event else ""), _url(fields))


def read_payload(payload: Any, directory: Directory, words: SourceWords, now: datetime) -> Command:
    """What the webhook asks for. Raises ``FieldsRefused`` if it asks for a call but lacks what a call needs."""
    if not isinstance(payload, dict):
        raise FieldsRefused((FieldError("", "must be an object"),))
    ticket = ticket_in(payload)
    if ticket.event and not ticket.event.startswith("ticket."):
        return IgnoredWebhook(f"{ticket.event} is not about a ticket")
    if not ticket.number:
        raise FieldsRefused((FieldError("/detail/id" if ticket.event else "/ticket/id", "this field is missing"),))
    at = moment_of(payload.get("time")) if ticket.event else None
    ended = _end_of(ticket, payload, words, at or now)
    if ended is not None:
        return ended
    if ticket.event:
        return _of_event(ticket, directory, words)
    return _of_trigger(ticket, payload, directory, words)


def _end_of(ticket: PayloadTicket, payload: dict[str, Any], words: SourceWords, at: datetime) -> Ends | Reopens | None:
    status = words.status_of(ticket.fields.get("status"))
    end = next((one for one in (ticket.change, status) if one in ENDED), "")
    if end:
        news = _news(ticket.fields, solved_at=at if end in SOLVED else None)
        return Ends(ticket.number, ticket.url, ENDED[end], news)
    changed = ticket.change == "status_changed"
    before = words.status_of(_part(payload.get("event")).get("previous")) if changed else ""
    if before in ENDED or ticket.change in REOPENED or status in REOPENED:
        return Reopens(ticket.number, ticket.url, _news(ticket.fields, reopened_at=at))
    return None


def _of_trigger(ticket: PayloadTicket, payload: dict[str, Any], directory: Directory, words: SourceWords) -> Opens:
    facts = _declared(ticket.fields.get("facts"), directory)
    if isinstance(facts.get("priority"), str):
        facts |= {"priority": None, **_priority(facts["priority"], directory, words)}
    if isinstance(facts.get("tags"), list):
        facts["tags"] = [tag for tag in facts["tags"] if tag != TAG]
    body = _request(ticket, facts, _part(payload.get("customer")), directory)
    body["conversation"] = conversation_of(payload.get("conversation"))
    body["mode"] = "now" if payload.get("mode") == "now" else "booking"
    return Opens(as_model(body, OpenEscalation))


def _of_event(ticket: PayloadTicket, directory: Directory, words: SourceWords) -> Opens | IgnoredWebhook:
    if TAG not in _tags(ticket.fields):
        return IgnoredWebhook(f"the ticket is not tagged {TAG}")
    requester = ticket.fields.get("requester")
    if not isinstance(requester, dict):
        reason = "an event has only the requester's id: send this webhook from a trigger, with the customer's address"
        raise FieldsRefused((FieldError("/detail/requester", reason),))
    facts = _facts(ticket.fields, directory, words)
    return Opens(as_model(_request(ticket, facts, requester, directory), OpenEscalation))


def _part(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(ticket: Mapping[str, Any], subject: object) -> str:
    """The ticket's number: its id, or the one in its address or in the event's subject; empty if it has none."""
    try:
        return bare_number(line(ticket.get("id")))
    except ReferenceUnclear:
        address = read_address(line(ticket.get("url")))
        of_subject = _TICKET.fullmatch(subject) if isinstance(subject, str) else None
        return of_subject[1] if of_subject else address.id if address else ""


def _url(ticket: Mapping[str, Any]) -> str:
    """The address with its scheme, which Zendesk's placeholder lacks; empty if it isn't one."""
    address = read_address(line(ticket.get("url")))
    return address.url if address and " " not in address.url else ""


def _news(ticket: Mapping[str, Any], **known: datetime | None) -> TicketNews:
    sent = {name: moment_of(ticket.get(name)) for name in ("created_at", "solved_at", "reopened_at")}
    moments = known | {name: moment for name, moment in sent.items() if moment is not None}
    return TicketNews(**moments, replies=count_of(ticket.get("replies")))


def _request(
    ticket: PayloadTicket, facts: dict[str, Any], customer: Mapping[str, Any], directory: Directory
) -> dict[str, Any]:
    """The body of ``POST /api/v1/escalations`` that this asks for."""
    email = mail_or_as_sent(customer.get("email"))
    about = {
        "name": line(customer.get("name"), 200) or line(str(email or "").partition("@")[0], 200),
        "time_zone": zone_of(customer.get("time_zone")),
        "language": line(customer.get("language") or customer.get("locale"), 40),
        "phone": phone_of(customer.get("phone")),
        "facts": _declared(customer.get("facts"), directory),
    }
    news = {name: value for name, value in vars(_news(ticket.fields)).items() if value is not None}
    return {
        "ticket": {
            "system": SYSTEM,
            "id": ticket.number,
            "url": ticket.url,
            "subject": line(ticket.fields.get("subject"), 500) or f"Ticket {ticket.number}",
            "facts": facts,
            **news,
        },
        # Without an address there is nobody to invite: this alone is refused.
        "customer": about | ({} if email is None else {"email": email}),
        "mode": "booking",
    }


def _declared(facts: object, directory: Directory) -> dict[str, Any]:
    """Facts converted to their declared types, because Zendesk fills placeholders with text, possibly empty."""
    return {name: _as_declared(name, value, directory) for name, value in _part(facts).items()}


def _as_declared(name: str, value: Any, directory: Directory) -> Any:
    fact = directory.fact_named(name)
    if fact is None or not isinstance(value, str):
        return value
    return value.replace(",", " ").split() if fact.kind == "tags" else value_from_text(fact, value)


def _facts(detail: Mapping[str, Any], directory: Directory, words: SourceWords) -> dict[str, Any]:
    """The ticket's facts that the directory declares."""
    facts = _priority(detail.get("priority"), directory, words)
    if directory.fact_named("tags") is not None:
        facts["tags"] = [tag for tag in _tags(detail) if tag != TAG]
    return facts | _declared(detail.get("facts"), directory)


def _priority(value: object, directory: Directory, words: SourceWords) -> dict[str, Any]:
    """The priority if it, or what the account's word stands for, is one that the directory declares."""
    priority, declared = words.priority_of(value), directory.fact_named("priority")
    known = {one.casefold(): one for one in (declared.values if declared else ())}
    return {"priority": known[priority]} if priority in known else {}


def _tags(detail: Mapping[str, Any]) -> list[str]:
    """A list, or text with spaces or commas between the tags, as a placeholder writes it."""
    tags = detail.get("tags")
    if isinstance(tags, str):
        return tags.replace(",", " ").split()
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
