"""The story: the timeline in sentences, with a wording for each kind of event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from database.stores.queries.escalation_detail import Fields, WholeEscalation
from domain.escalation import Kind
from web.wording import times


@dataclass(frozen=True)
class StorySentence:
    seq: int
    at: datetime
    text: str
    said: str
    """Free text that somebody wrote, shown as a quote; often empty."""
    mark: str
    """CSS class of the shape before the text: ``waiting``, ``offered``, ``on``, ``done``, ``person`` or ``lost``."""


@dataclass(frozen=True)
class StoryContext:
    """What a sentence can mention."""

    body: Mapping[str, Any]
    actor: str
    """As returned by ``reader_name``: ``Mira Olsen``, ``The API (zendesk)``."""
    person: str
    """The agent whom the event is about; empty if there is none."""
    customer: str
    zone: str

    def when(self, field: str) -> str:
        """A moment from the event's body, in the organisation's time zone."""
        moment = self.body.get(field)
        return times.when(datetime.fromisoformat(moment), self.zone) if isinstance(moment, str) else "an unknown time"

    def get(self, field: str, fallback: str = "") -> str:
        return str(self.body.get(field) or fallback)


_SENTENCES: dict[Kind, tuple[str, Callable[[StoryContext], str]]] = {
    Kind.OPENED: ("waiting", lambda t: f"{t.actor} escalated the ticket. Rule “{t.get('rule')}” allows a call."),
    Kind.REFUSED: ("lost", lambda t: f"{t.actor} escalated the ticket. Rule “{t.get('rule')}” does not allow a call."),
    Kind.LINK_ISSUED: ("waiting", lambda t: _issued(t)),
    Kind.LINK_NUDGED: ("waiting", lambda t: f"{t.customer} had not booked and was reminded of the link."),
    Kind.LINK_EXPIRED: ("lost", lambda t: f"The link expired; {t.customer} had not booked."),
    Kind.BOOKED: ("done", lambda t: f"{t.customer} booked {t.when('starts_at')}."),
    Kind.MOVED: ("waiting", lambda t: f"{t.customer} moved the call from {t.when('from')} to {t.when('starts_at')}."),
    Kind.CANCELLED: ("lost", lambda t: f"{t.customer} cancelled the call."),
    Kind.WITHDRAWN: ("lost", lambda t: f"{t.actor} withdrew the escalation."),
    Kind.CUSTOMER_REMINDED: ("waiting", lambda t: f"{t.customer} was reminded of the call."),
    Kind.AGENT_REMINDED: ("waiting", lambda t: f"{t.person or 'The agent'} was reminded of the call."),
    Kind.MUSTER_BEGAN: ("offered", lambda t: "The search for a person began."),
    Kind.OFFERED: ("offered", lambda t: f"The call was offered to {t.person}."),
    Kind.DECLINED: ("waiting", lambda t: f"{t.actor} declined the call."),
    Kind.OFFER_EXPIRED: ("waiting", lambda t: f"{t.person} did not answer in time."),
    Kind.AGENT_VANISHED: ("person", lambda t: _vanished(t)),
    Kind.STEP_TAKEN: ("offered", lambda t: f"Nobody had taken it, so the next step began: {t.get('step')}."),
    Kind.ALERTED: ("person", lambda t: f"Nobody had taken it, so somebody was alerted: {t.get('step', 'as planned')}."),
    Kind.ACCEPTED: ("done", lambda t: _accepted(t)),
    Kind.SEARCH_INTERRUPTED: ("person", lambda t: _interrupted(t)),
    Kind.EXHAUSTED: ("person", lambda t: "The last step found nobody."),
    Kind.NOBODY_AVAILABLE: ("person", lambda t: f"{t.customer} was told that nobody is available{_fresh(t)}."),
    Kind.CUSTOMER_JOINED: ("on", lambda t: f"{t.customer} joined."),
    Kind.AGENT_JOINED: ("on", lambda t: f"{t.actor} joined."),
    Kind.AGENT_MISSED: ("person", lambda t: f"{t.person} did not join; the call was offered again."),
    Kind.CUSTOMER_CALLED_FOR: ("waiting", lambda t: f"{t.customer} had not joined and got a mail."),
    Kind.CUSTOMER_MISSED: ("person", lambda t: f"{t.customer} did not join{_fresh(t)}."),
    Kind.CALL_BEGAN: ("on", lambda t: "Both sides had joined, and the call began."),
    Kind.CUSTOMER_ALONE: (
        "person",
        lambda t: f"{t.customer} said that nobody was in the room; {t.person} was called back.",
    ),
    Kind.MUSTER_EARLY: ("offered", lambda t: "Earlier calls ran over, so the search was brought forward."),
    Kind.TOLD_LATE: (
        "person",
        lambda t: f"Nobody would be free in time; {t.customer} was told that the call may begin late.",
    ),
    Kind.CALL_ENDED: ("done", lambda t: f"{t.actor} ended the call."),
    Kind.WRAPPED_UP: ("done", lambda t: f"{t.actor} wrapped up: {_resolved(t)}."),
    Kind.WRAP_UP_MISSED: ("person", lambda t: "Nobody wrote a wrap-up in time."),
    Kind.SURVEY_SENT: ("waiting", lambda t: f"{t.customer} was asked for a rating."),
    Kind.SURVEY_REMINDED: ("waiting", lambda t: f"{t.customer} was asked for a rating again."),
    Kind.SURVEY_ENDED: ("done", lambda t: "The survey ended without a rating."),
    Kind.RATED: ("done", lambda t: f"{t.customer} rated the call {t.get('score', '?')} of 5."),
    Kind.RATING_ALERTED: ("person", lambda t: "The team lead was told about the low rating."),
    Kind.SEAT_LOST: ("person", lambda t: "Shifts or teams changed, and nobody is free for this call any more."),
    Kind.SEAT_FOUND: ("person", lambda t: f"Somebody can be free for this call again{_found(t)}."),
    Kind.MESSAGE_FAILED: ("person", lambda t: f"A message ({_words(t.get('kind', 'mail'))}) could not be delivered."),
    Kind.REPAIRED: ("person", lambda t: f"{t.actor} repaired this escalation: {t.get('found', 'it was stuck')}."),
    Kind.CLOSED: ("done", lambda t: "The escalation was closed."),
}


def story_of(escalation: WholeEscalation) -> list[StorySentence]:
    """An escalation's events in order."""
    return [_sentence(event, escalation) for event in escalation.events]


def reader_name(actor: str, escalation: WholeEscalation) -> str:
    """An actor in readable form: a person's name for ``person:7``, the kind for a program."""
    kind, _, which = actor.partition(":")
    if kind == "person" and which.isdigit():
        return escalation.names.get(int(which), "Somebody who has left")
    if kind == "customer":
        return str(escalation.customer["name"])
    names = {"api": "The API", "webhook": "The webhook", "cli": "The command line", "muster": "Muster"}
    return f"{names.get(kind, kind.capitalize())} ({which})" if which else names.get(kind, kind.capitalize())


def _sentence(event: Fields, escalation: WholeEscalation) -> StorySentence:
    body, kind = event["body"], event["kind"]
    if kind not in list(Kind):
        return StorySentence(event["seq"], event["at"], f"{_words(kind).capitalize()}.", "", "waiting")
    actor, person = reader_name(event["actor"], escalation), escalation.names.get(body.get("person"), "")
    context = StoryContext(body, actor, person, escalation.customer["name"], escalation.desk_zone)
    mark, sentence = _SENTENCES[Kind(kind)]
    quote = _quote(Kind(kind), body, escalation)
    return StorySentence(event["seq"], event["at"], sentence(context), quote, mark)


def _quote(kind: Kind, body: Fields, escalation: WholeEscalation) -> str:
    """The free text that belongs to an event. Comments and notes have rows of their own, so that they can be erased."""
    if kind is Kind.RATED and escalation.rating:
        return str(escalation.rating["comment"] or "")
    if kind is Kind.WRAPPED_UP:
        wrap_ups = (call["wrap_up"] for call in escalation.calls if str(call["id"]) == body.get("call_id"))
        return str((next(wrap_ups, None) or {}).get("note") or "")
    return str(body.get("reason") or body.get("error") or "")


def _vanished(context: StoryContext) -> str:
    if context.body.get("midway"):
        return f"{context.person} did not come back to the call; it was offered again, before others."
    return f"{context.person} was no longer at the desk; the call was offered again."


def _accepted(context: StoryContext) -> str:
    if context.body.get("by_rule"):
        return f"The call was given to {context.person}: the rules accept it automatically."
    return f"{context.actor} accepted the call."


def _issued(context: StoryContext) -> str:
    link = "A priority link" if context.body.get("priority") else "A booking link"
    return f"{link} was mailed to {context.customer}. It expires {context.when('expires_at')}."


def _interrupted(context: StoryContext) -> str:
    if "began_late_by" in context.body:
        return f"Because of a fault on our side, the search began {times.length(context.body['began_late_by'])} late."
    longer = times.length(context.body.get("extended_by", 0))
    return f"A fault on our side interrupted the search, which may now take {longer} longer."


def _fresh(context: StoryContext) -> str:
    return ", and got a new link" if context.body.get("renewed") else ""


def _resolved(context: StoryContext) -> str:
    words = {"yes": "resolved", "no": "not resolved", "follow_up": "a follow-up is needed"}
    return words.get(context.get("resolved"), "recorded")


def _found(context: StoryContext) -> str:
    """How the seat was found and by whom; empty if nobody had to help find it."""
    return f": {context.get('found')}, by {context.actor}" if "found" in context.body else ""


def _words(name: str) -> str:
    return name.replace("_", " ")
