"""The story's sentences: a wording for each kind of event, from the event and from the messages that it wrote. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.escalation import Kind
from domain.letter import LetterKind
from web.ops.told import EventMessages
from web.wording import times
from web.wording.wishes import wishes_words


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
    told: EventMessages
    had_accepted: bool = False
    """Whether that agent had accepted the call."""
    released: str = ""
    """The names of those whose offer ended with this event."""
    failed_message: tuple[str, bool] | None = None
    """For a message that failed: its recipient, and whether it has been sent since."""

    def when(self, field: str) -> str:
        """A moment from the event's body, in the organisation's time zone."""
        moment = self.body.get(field)
        return times.when(datetime.fromisoformat(moment), self.zone) if isinstance(moment, str) else "an unknown time"

    def get(self, field: str, fallback: str = "") -> str:
        return str(self.body.get(field) or fallback)


SENTENCES: dict[Kind, tuple[str, Callable[[StoryContext], str]]] = {
    Kind.OPENED: ("waiting", lambda t: _opened(t)),
    Kind.REFUSED: ("lost", lambda t: f"{t.actor} escalated the ticket. Rule “{t.get('rule')}” does not allow a call."),
    Kind.LINK_ISSUED: ("waiting", lambda t: _issued(t)),
    Kind.LINK_NUDGED: (
        "waiting",
        lambda t: _letter(
            t, "a reminder of the link", f"{t.customer} was reminded of the link by mail", LetterKind.INVITATION_AGAIN
        ),
    ),
    Kind.NUDGED: ("waiting", lambda t: _nudged(t)),
    Kind.LINK_EXPIRED: ("lost", lambda t: f"The link expired; {t.customer} had not booked."),
    Kind.TIMES_ASKED_FOR: ("person", lambda t: f"{t.customer} asked the team for other times{_wished(t)}."),
    Kind.SLOT_HELD: ("offered", lambda t: _held(t)),
    Kind.HOLD_ENDED: (
        "waiting",
        lambda t: (
            f"{t.customer} did not want the time that was held."
            if t.get("why") == "none"
            else f"{t.customer} did not take the time that was held before the hold ended."
        ),
    ),
    Kind.LINK_ASKED_FOR: ("person", lambda t: f"{t.customer} asked the team for a new link."),
    Kind.REQUEST_CLOSED: ("lost", lambda t: f"{t.actor} closed the request of {t.customer}."),
    Kind.OPENED_AGAIN: (
        "waiting",
        lambda t: f"{t.actor} opened the ticket again; the customer’s old page leads to the new link.",
    ),
    Kind.BOOKED: ("done", lambda t: f"{t.customer} booked {t.when('starts_at')}."),
    Kind.MOVED: ("waiting", lambda t: f"{t.customer} moved the call from {t.when('from')} to {t.when('starts_at')}."),
    Kind.CANCELLED: ("lost", lambda t: f"{t.customer} cancelled the call{_released(t)}."),
    Kind.WITHDRAWN: ("lost", lambda t: _withdrawn(t)),
    Kind.CUSTOMER_REMINDED: (
        "waiting",
        lambda t: _letter(
            t, "a reminder of the call", f"{t.customer} was reminded of the call by mail", LetterKind.REMINDER
        ),
    ),
    Kind.AGENT_REMINDED: ("waiting", lambda t: _agent_reminded(t)),
    Kind.MUSTER_BEGAN: ("offered", lambda t: "The search for a person began."),
    Kind.OFFERED: ("offered", lambda t: f"The call was offered to {t.person}."),
    Kind.DECLINED: ("waiting", lambda t: f"{t.actor} declined the call."),
    Kind.OFFER_EXPIRED: ("waiting", lambda t: f"{t.person} did not answer in time."),
    Kind.AGENT_VANISHED: ("person", lambda t: _vanished(t)),
    Kind.STEP_TAKEN: ("offered", lambda t: f"Nobody had taken it, so the next step began: {t.get('step')}."),
    Kind.ALERTED: ("person", lambda t: _alerted(t)),
    Kind.ACCEPTED: ("done", lambda t: _accepted(t)),
    Kind.SEARCH_INTERRUPTED: ("person", lambda t: _interrupted(t)),
    Kind.EXHAUSTED: ("person", lambda t: "The last step found nobody."),
    Kind.NOBODY_AVAILABLE: ("person", lambda t: _nobody(t)),
    Kind.CUSTOMER_JOINED: ("on", lambda t: f"{t.customer} joined."),
    Kind.AGENT_JOINED: ("on", lambda t: f"{t.actor} joined."),
    Kind.AGENT_MISSED: (
        "person",
        lambda t: f"{t.person} had accepted the call and did not join; the search for somebody else went on.",
    ),
    Kind.CUSTOMER_CALLED_FOR: ("waiting", lambda t: _called_for(t)),
    Kind.CUSTOMER_MISSED: (
        "person",
        lambda t: f"{t.customer} did not join; {_about_the_end(t, LetterKind.CUSTOMER_MISSED)}.",
    ),
    Kind.CALL_BEGAN: ("on", lambda t: "Both sides had joined, and the call began."),
    Kind.CUSTOMER_ALONE: (
        "person",
        lambda t: f"{t.customer} said that nobody was in the room; the desk of {t.person} asks them to come back.",
    ),
    Kind.CUSTOMER_LEFT: ("waiting", lambda t: f"{t.customer} left the call’s page."),
    Kind.CUSTOMER_LOST: ("waiting", lambda t: f"The call’s page of {t.customer} fell silent."),
    Kind.CUSTOMER_RETURNED: ("on", lambda t: f"{t.customer} was back on the call’s page."),
    Kind.AGENT_LEFT: (
        "person",
        lambda t: f"{t.person} left the call’s page; the desk of {t.person} asks them to come back.",
    ),
    Kind.AGENT_LOST: (
        "person",
        lambda t: f"The call’s page of {t.person} fell silent; the desk of {t.person} asks them to come back.",
    ),
    Kind.AGENT_RETURNED: ("on", lambda t: f"{t.person} was back on the call’s page."),
    Kind.MUSTER_EARLY: ("offered", lambda t: "Earlier calls ran over, so the search was brought forward."),
    Kind.TOLD_LATE: ("person", lambda t: _told_late(t)),
    Kind.CALL_ENDED: ("done", lambda t: f"{t.actor} ended the call."),
    Kind.WRAPPED_UP: ("done", lambda t: f"{t.actor} wrapped up: {_resolved(t)}."),
    Kind.WRAP_UP_MISSED: ("person", lambda t: "Nobody wrote a wrap-up in time."),
    Kind.SURVEY_SENT: (
        "waiting",
        lambda t: _letter(
            t, "the mail with the survey", f"{t.customer} was asked for a rating by mail", LetterKind.SURVEY
        ),
    ),
    Kind.SURVEY_REMINDED: (
        "waiting",
        lambda t: _letter(
            t, "the survey’s reminder", f"{t.customer} was asked for a rating again by mail", LetterKind.SURVEY_AGAIN
        ),
    ),
    Kind.SURVEY_ENDED: ("done", lambda t: "The survey ended without a rating."),
    Kind.RATED: ("done", lambda t: f"{t.customer} rated the call {t.get('score', '?')} of 5."),
    Kind.RATING_CHANGED: (
        "done",
        lambda t: f"{t.customer} changed the rating from {t.get('was', '?')} to {t.get('score', '?')} of 5.",
    ),
    Kind.RATING_ALERTED: (
        "person",
        lambda t: f"The rating was low; {t.told.staff(LetterKind.RATING_ALERT) or 'nobody was there to be told'}.",
    ),
    Kind.FOLLOW_UP_ASKED: ("person", lambda t: f"{t.customer} asked to be called back, by {t.when('due_at')}."),
    Kind.FOLLOW_UP_DONE: ("done", lambda t: f"{t.actor} marked the call back as done."),
    Kind.FOLLOW_UP_OVERDUE: (
        "person",
        lambda t: (
            f"Nobody had marked the call back as done in time; "
            f"{t.told.staff(LetterKind.FOLLOW_UP_OVERDUE) or 'nobody was there to be told'}."
        ),
    ),
    Kind.SEAT_LOST: ("person", lambda t: _seat_lost(t)),
    Kind.SEAT_FOUND: ("person", lambda t: f"Somebody can be free for this call again{_found(t)}."),
    Kind.MESSAGE_FAILED: ("person", lambda t: _message_failed(t)),
    Kind.REPAIRED: ("person", lambda t: f"{t.actor} repaired this escalation: {t.get('found', 'it was stuck')}."),
    Kind.CLOSED: ("done", lambda t: "The escalation was closed."),
}


def _wished(context: StoryContext) -> str:
    words = wishes_words(context.body)
    return f": {words}" if words else ""


def _held(context: StoryContext) -> str:
    until = f"{context.actor} held {context.when('starts_at')} for {context.customer}, until {context.when('until')}"
    return _sentence(until, context.told.letter("the mail about it", "a mail said so", LetterKind.SLOT_HELD))


def _opened(context: StoryContext) -> str:
    verb = "opened the ticket again" if context.body.get("again_of") else "escalated the ticket"
    return f"{context.actor} {verb}. Rule “{context.get('rule')}” allows a call."


def _letter(context: StoryContext, noun: str, sent: str, kind: LetterKind) -> str:
    return _sentence(context.told.letter(noun, sent, kind))


def _sentence(*clauses: str) -> str:
    text = "; ".join(filter(None, clauses))
    return f"{text[:1].upper()}{text[1:]}."


def _issued(context: StoryContext) -> str:
    link = "a priority link" if context.body.get("priority") else "a booking link"
    kinds = (LetterKind.INVITATION, LetterKind.NOBODY_AVAILABLE, LetterKind.CUSTOMER_MISSED)
    mail = context.told.letter(f"the mail with {link}", f"{link} was mailed to {context.customer}", *kinds)
    return f"{_sentence(mail)} The link expires {context.when('expires_at')}."


def _nudged(context: StoryContext) -> str:
    if "call" not in context.body:
        return f"{context.actor} nudged it: the customer gets the link again."
    state = words_of(context.get("call"))
    return f"{context.actor} nudged it: the workflow gets its events again, and a round looks at the call ({state})."


def _withdrawn(context: StoryContext) -> str:
    told = context.told.letter("the mail that says so", f"{context.customer} was told by mail", LetterKind.WITHDRAWN)
    return _sentence(f"{context.actor} withdrew the escalation", told + _released(context))


def _released(context: StoryContext) -> str:
    return f"; {context.released} no longer has it" if context.released else ""


def _agent_reminded(context: StoryContext) -> str:
    told = context.told.staff(LetterKind.AGENT_REMINDER)
    return _sentence("the agent’s reminder of the call was due", told or f"no mail was sent to {context.person}")


def _alerted(context: StoryContext) -> str:
    step, told = context.get("step", "alert somebody"), context.told.staff(LetterKind.LEAD_ALERT)
    return f"Nobody had taken it ({step}): {told or 'there was nobody to alert'}."


def _vanished(context: StoryContext) -> str:
    if context.body.get("midway"):
        return f"{context.person} did not come back to the call; the search for somebody else began, before others."
    if context.had_accepted:
        return f"{context.person} had accepted the call and was no longer at the desk; the search went on."
    return f"{context.person} was no longer at the desk, so the offer ended; the search went on."


def _accepted(context: StoryContext) -> str:
    if context.body.get("by_rule"):
        return f"The call was given to {context.person}: the rules accept it automatically."
    return f"{context.actor} accepted the call."


def _nobody(context: StoryContext) -> str:
    told = _about_the_end(context, LetterKind.NOBODY_AVAILABLE)
    return _sentence("nobody was available", told, context.told.staff(LetterKind.MANAGER_NOBODY))


def _about_the_end(context: StoryContext, kind: LetterKind) -> str:
    """What the customer was told about a call that did not come about."""
    link = ", with a new link" if context.body.get("renewed") else ""
    noun = "the mail with a new link" if link else "the mail that says so"
    return context.told.letter(noun, f"{context.customer} was told by mail{link}", kind)


def _called_for(context: StoryContext) -> str:
    told = context.told.letter(
        "a mail", f"{context.customer} was asked by mail to come", LetterKind.CUSTOMER_CALLED_FOR
    )
    return _sentence(f"{context.customer} had not joined", told)


def _told_late(context: StoryContext) -> str:
    told = context.told.letter("a mail about it", f"{context.customer} was told by mail", LetterKind.RUNNING_LATE)
    return _sentence("nobody would be free in time, so the customer’s page says that the call may begin late", told)


def _seat_lost(context: StoryContext) -> str:
    told = context.told.staff(LetterKind.MANAGER_SEAT_LOST)
    return _sentence("shifts or teams changed, and nobody is free for this call any more", told)


def _message_failed(context: StoryContext) -> str:
    kind = words_of(context.get("kind", "mail"))
    if context.failed_message is None:
        return f"A message ({kind}) could not be delivered."
    recipient, sent_since = context.failed_message
    since = " at first; it has been sent since" if sent_since else ""
    return f"A message ({kind}) to {recipient} could not be delivered{since}."


def _interrupted(context: StoryContext) -> str:
    if "began_late_by" in context.body:
        return f"Because of a fault on our side, the search began {times.length(context.body['began_late_by'])} late."
    longer = times.length(context.body.get("extended_by", 0))
    return f"A fault on our side interrupted the search, which may now take {longer} longer."


def _resolved(context: StoryContext) -> str:
    words = {"yes": "resolved", "no": "not resolved", "follow_up": "a follow-up is needed"}
    return words.get(context.get("resolved"), "recorded")


def _found(context: StoryContext) -> str:
    """How the seat was found and by whom; empty if nobody had to help find it."""
    return f": {context.get('found')}, by {context.actor}" if "found" in context.body else ""


def words_of(name: str) -> str:
    return name.replace("_", " ")
