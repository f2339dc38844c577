"""The timeline in plain words: one sentence a kind of event. All of its wording stands here."""

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
    """Free words of somebody, shown as theirs; often empty."""
    mark: str
    """The class of the shape before it: ``waiting``, ``offered``, ``on``, ``done``, ``person``, ``lost``."""


@dataclass(frozen=True)
class StoryContext:
    """What a sentence may speak of."""

    body: Mapping[str, Any]
    actor: str
    """As a reader names them: ``Mira Olsen``, ``the customer``, ``the API (zendesk)``."""
    person: str
    """Whom the event is about, where it is about somebody."""
    customer: str
    zone: str

    def when(self, field: str) -> str:
        """A moment of the body, in the desk's time."""
        moment = self.body.get(field)
        return times.when(datetime.fromisoformat(moment), self.zone) if isinstance(moment, str) else "an unknown time"

    def get(self, field: str, fallback: str = "") -> str:
        return str(self.body.get(field) or fallback)


_SENTENCES: dict[Kind, tuple[str, Callable[[StoryContext], str]]] = {
    Kind.OPENED: ("waiting", lambda t: f"{t.actor} escalated the ticket. Rule “{t.get('rule')}” allows a call."),
    Kind.REFUSED: ("lost", lambda t: f"{t.actor} escalated the ticket. Rule “{t.get('rule')}” does not allow a call."),
    Kind.LINK_ISSUED: ("waiting", lambda t: _issued(t)),
    Kind.LINK_NUDGED: ("waiting", lambda t: f"{t.customer} had not booked and was reminded of the link."),
    Kind.LINK_EXPIRED: ("lost", lambda t: f"The link ended; {t.customer} had not booked."),
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
    Kind.STEP_TAKEN: ("offered", lambda t: f"Nobody had taken it, so the next step was taken: {t.get('step')}."),
    Kind.ALERTED: ("person", lambda t: f"Nobody had taken it, so somebody was alerted: {t.get('step', 'as planned')}."),
    Kind.ACCEPTED: ("done", lambda t: _accepted(t)),
    Kind.EXHAUSTED: ("person", lambda t: "The last step found nobody."),
    Kind.NOBODY_AVAILABLE: ("person", lambda t: f"{t.customer} was told that nobody is available{_fresh(t)}."),
    Kind.CUSTOMER_JOINED: ("on", lambda t: f"{t.customer} joined."),
    Kind.AGENT_JOINED: ("on", lambda t: f"{t.actor} joined."),
    Kind.AGENT_MISSED: ("person", lambda t: f"{t.person} did not come; the call was offered again."),
    Kind.CUSTOMER_CALLED_FOR: ("waiting", lambda t: f"{t.customer} had not joined and was written to."),
    Kind.CUSTOMER_MISSED: ("person", lambda t: f"{t.customer} did not come{_fresh(t)}."),
    Kind.CALL_BEGAN: ("on", lambda t: "Both sides were there, and the call began."),
    Kind.CUSTOMER_ALONE: (
        "person",
        lambda t: f"{t.customer} said that nobody was in the room; {t.person} was called back.",
    ),
    Kind.MUSTER_EARLY: ("offered", lambda t: "Calls before it run over, so the search was brought forward."),
    Kind.TOLD_LATE: ("person", lambda t: f"Nobody will be free in time; {t.customer} was told that it may begin late."),
    Kind.CALL_ENDED: ("done", lambda t: f"{t.actor} ended the call."),
    Kind.WRAPPED_UP: ("done", lambda t: f"{t.actor} wrapped up: {_resolved(t)}."),
    Kind.WRAP_UP_MISSED: ("person", lambda t: "Nobody wrote a wrap-up in time."),
    Kind.SURVEY_SENT: ("waiting", lambda t: f"{t.customer} was asked for a rating."),
    Kind.SURVEY_REMINDED: ("waiting", lambda t: f"{t.customer} was asked for a rating once more."),
    Kind.SURVEY_ENDED: ("done", lambda t: "The survey ended without a rating."),
    Kind.RATED: ("done", lambda t: f"{t.customer} rated the call {t.get('score', '?')} of 5."),
    Kind.RATING_ALERTED: ("person", lambda t: "The low rating was told to the team lead."),
    Kind.SEAT_LOST: ("person", lambda t: "Shifts or teams changed, and nobody is free for this call any more."),
    Kind.SEAT_FOUND: ("person", lambda t: f"Somebody can be free for this call again{_found(t)}."),
    Kind.MESSAGE_FAILED: ("person", lambda t: f"A message ({_words(t.get('kind', 'mail'))}) could not be delivered."),
    Kind.REPAIRED: ("person", lambda t: "Something had stood still and was set going again by the auditor."),
    Kind.CLOSED: ("done", lambda t: "The escalation was closed."),
}


def tell(whole: WholeEscalation) -> list[StorySentence]:
    """The events of an escalation, in their order."""
    return [_sentence(event, whole) for event in whole.events]


def reader_name(actor: str, whole: WholeEscalation) -> str:
    """``person:7`` as a name; programs by what they are."""
    kind, _, which = actor.partition(":")
    if kind == "person" and which.isdigit():
        return whole.names.get(int(which), "Somebody who has left")
    if kind == "customer":
        return str(whole.customer["name"])
    names = {"api": "The API", "webhook": "The webhook", "cli": "The command line", "muster": "Muster"}
    return f"{names.get(kind, kind.capitalize())} ({which})" if which else names.get(kind, kind.capitalize())


def _sentence(event: Fields, whole: WholeEscalation) -> StorySentence:
    body = event["body"]
    person = whole.names.get(body.get("person"), "")
    told = StoryContext(body, reader_name(event["actor"], whole), person, whole.customer["name"], whole.desk_zone)
    kind = event["kind"]
    if kind not in list(Kind):
        return StorySentence(event["seq"], event["at"], f"{_words(kind).capitalize()}.", "", "waiting")
    mark, sentence = _SENTENCES[Kind(kind)]
    return StorySentence(event["seq"], event["at"], sentence(told), _own_words(Kind(kind), body, whole), mark)


def _own_words(kind: Kind, body: Fields, whole: WholeEscalation) -> str:
    """What somebody wrote. Customers' words and notes stand in their own rows, where they can be erased."""
    if kind is Kind.RATED and whole.rating:
        return str(whole.rating["comment"] or "")
    if kind is Kind.WRAPPED_UP:
        recorded = (one["wrap_up"] for one in whole.calls if str(one["id"]) == body.get("call_id"))
        return str((next(recorded, None) or {}).get("note") or "")
    return str(body.get("reason") or body.get("error") or "")


def _vanished(told: StoryContext) -> str:
    if told.body.get("midway"):
        return f"{told.person} did not come back to the call; it was offered again, before others."
    return f"{told.person} was no longer at the desk; the call was offered again."


def _accepted(told: StoryContext) -> str:
    if told.body.get("by_rule"):
        return f"The call was given to {told.person}: the rules accept it automatically."
    return f"{told.actor} accepted the call."


def _issued(told: StoryContext) -> str:
    link = "A priority link" if told.body.get("priority") else "A booking link"
    return f"{link} was mailed to {told.customer}. It ends {told.when('expires_at')}."


def _fresh(told: StoryContext) -> str:
    return ", and got a fresh link" if told.body.get("renewed") else ""


def _resolved(told: StoryContext) -> str:
    words = {"yes": "resolved", "no": "not resolved", "follow_up": "a follow-up is needed"}
    return words.get(told.get("resolved"), "recorded")


def _found(told: StoryContext) -> str:
    """What was done for it, where somebody did it."""
    return f": {told.get('found')}, by {told.actor}" if "found" in told.body else ""


def _words(name: str) -> str:
    return name.replace("_", " ")
