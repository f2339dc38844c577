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
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.ticket_address import read_address
from domain.ticket_reference import NO_NEWS, ReferenceUnclear, TicketNews, bare_number
from rules_dsl import value_from_text
from rules_dsl.directory import Directory
from web.api.json_body import as_model
from web.api.problems import FieldError, FieldsRefused
from web.api.requests import OpenEscalation
from web.hooks.leniently import conversation_of, count_of, line, mail_or_as_sent, moment_of, phone_of, zone_of

SYSTEM = "zendesk"
TAG = "escalate_call"
"""Tickets with this tag are escalated."""
_EVENT = "zen:event-type:ticket."
_TICKET = re.compile(r"zen:ticket:(\d+)")
SOLVED = ("solved", "closed", "archived")
ENDED = {
    **dict.fromkeys(SOLVED, "solved"),
    **dict.fromkeys(("deleted", "soft_deleted", "permanently_deleted"), "deleted"),
    **dict.fromkeys(("merged",), "merged"),
    **dict.fromkeys(("spam", "suspended", "marked_as_spam"), "marked as spam"),
}
"""How a ticket ended, by its status or by the kind of event."""
REOPENED = ("reopened", "undeleted")
STATUSES = frozenset({*ENDED, *REOPENED, "new", "open", "pending", "hold"})


@dataclass(frozen=True)
class SourceWords:
    """The account's own words for statuses and priorities, in small letters, with Muster's word for each."""

    status: Mapping[str, str] = field(default_factory=dict)
    priority: Mapping[str, str] = field(default_factory=dict)

    def status_of(self, value: object) -> str:
        own = line(value).casefold()
        return self.status.get(own, own)

    def priority_of(self, value: object) -> str:
        own = line(value).casefold()
        return self.priority.get(own, own)


@dataclass(frozen=True)
class Ends:
    """The ticket has ended, so the call is no longer needed."""

    ticket_id: str
    url: str = ""
    """The ticket's URL, if sent; it identifies the account."""
    how: str = "solved"
    """``solved``, ``deleted``, ``merged`` or ``marked as spam``."""
    news: TicketNews = NO_NEWS


@dataclass(frozen=True)
class Reopens:
    """The ticket was reopened. It is recorded, and nothing else changes."""

    ticket_id: str
    url: str
    news: TicketNews


@dataclass(frozen=True)
class Opens:
    body: OpenEscalation


@dataclass(frozen=True)
class IgnoredWebhook:
    reason: str


Command = Opens | Ends | Reopens | IgnoredWebhook


def read_payload(payload: Any, directory: Directory, words: SourceWords, now: datetime) -> Command:
    """What the webhook asks for. Raises ``FieldsRefused`` if it asks for a call but lacks what a call needs."""
    if not isinstance(payload, dict):
        raise FieldsRefused((FieldError("", "must be an object"),))
    kind = payload.get("type")
    if isinstance(kind, str) and not isinstance(payload.get("ticket"), dict):
        return _event(kind, payload, directory, words, now)
    return _trigger(payload, directory, words, now)


def _trigger(payload: dict[str, Any], directory: Directory, words: SourceWords, now: datetime) -> Command:
    ticket = _part(payload.get("ticket"))
    number, url = _number(ticket, ""), _url(ticket)
    if not number:
        raise FieldsRefused((FieldError("/ticket/id", "this field is missing"),))
    status = words.status_of(ticket.get("status"))
    if status in ENDED:
        return Ends(number, url, ENDED[status], _news(ticket, solved_at=now if status in SOLVED else None))
    if status in REOPENED:
        return Reopens(number, url, _news(ticket, reopened_at=now))
    customer = _part(payload.get("customer"))
    facts = _declared(ticket.get("facts"), directory)
    if isinstance(facts.get("priority"), str):
        facts |= {"priority": None, **_priority(facts["priority"], directory, words)}
    mode = "now" if payload.get("mode") == "now" else "booking"
    body = _request(number, url, ticket, facts, customer, directory)
    return Opens(as_model(body | _conversation(payload) | {"mode": mode}, OpenEscalation))


def _event(kind: str, payload: dict[str, Any], directory: Directory, words: SourceWords, now: datetime) -> Command:
    if not kind.startswith(_EVENT):
        return IgnoredWebhook(f"{kind} is not about a ticket")
    detail, what = _part(payload.get("detail")), kind.removeprefix(_EVENT)
    number, url = _number(detail, payload.get("subject")), _url(detail)
    if not number:
        raise FieldsRefused((FieldError("/detail/id", "this field is missing"),))
    at = moment_of(payload.get("time")) or now
    if what in ENDED:
        return Ends(number, url, ENDED[what], _news(detail))
    status = words.status_of(detail.get("status"))
    if status in ENDED:
        return Ends(number, url, ENDED[status], _news(detail, solved_at=at if status in SOLVED else None))
    before = words.status_of(_part(payload.get("event")).get("previous")) if what == "status_changed" else ""
    if before in ENDED or what in REOPENED or status in REOPENED:
        return Reopens(number, url, _news(detail, reopened_at=at))
    if TAG not in _tags(detail):
        return IgnoredWebhook(f"the ticket is not tagged {TAG}")
    requester = detail.get("requester")
    if not isinstance(requester, dict):
        reason = "an event has only the requester's id: send this webhook from a trigger, with the customer's address"
        raise FieldsRefused((FieldError("/detail/requester", reason),))
    facts = _facts(detail, directory, words)
    return Opens(as_model(_request(number, url, detail, facts, requester, directory), OpenEscalation))


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
    number: str,
    url: str,
    ticket: Mapping[str, Any],
    facts: dict[str, Any],
    customer: Mapping[str, Any],
    directory: Directory,
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
    news = {name: value for name, value in vars(_news(ticket)).items() if value is not None}
    return {
        "ticket": {
            "system": SYSTEM,
            "id": number,
            "url": url,
            "subject": line(ticket.get("subject"), 500) or f"Ticket {number}",
            "facts": facts,
            **news,
        },
        # Without an address there is nobody to invite: this alone is refused.
        "customer": about | ({} if email is None else {"email": email}),
        "mode": "booking",
    }


def _conversation(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {"conversation": conversation_of(payload.get("conversation"))}


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
