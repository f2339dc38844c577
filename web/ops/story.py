"""The story: an escalation's timeline in sentences, each derived from the rows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from database.stores.queries.escalation_detail import Fields, WholeEscalation
from domain.escalation import Kind
from web.ops.asked import has_accepted
from web.ops.story_words import SENTENCES, StoryContext, words_of
from web.ops.told import listed, messages_of


@dataclass(frozen=True)
class StorySentence:
    seq: int
    at: datetime
    text: str
    said: str
    """Free text that somebody wrote, shown as a quote; often empty."""
    mark: str
    """CSS class of the shape before the text: ``waiting``, ``offered``, ``on``, ``done``, ``person`` or ``lost``."""


def story_of(escalation: WholeEscalation) -> list[StorySentence]:
    """An escalation's events in order."""
    return [_sentence(event, escalation) for event in escalation.events]


def newest_sentence(escalation: WholeEscalation, kind: Kind) -> str:
    """The sentence of the newest event of this kind; empty if there is none."""
    newest = next((event for event in reversed(escalation.events) if event["kind"] == kind), None)
    return "" if newest is None else _sentence(newest, escalation).text


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
        return StorySentence(event["seq"], event["at"], f"{words_of(kind).capitalize()}.", "", "waiting")
    context = StoryContext(
        body,
        reader_name(event["actor"], escalation),
        escalation.names.get(body.get("person"), ""),
        escalation.customer["name"],
        escalation.desk_zone,
        messages_of(event, escalation),
        had_accepted=kind == Kind.AGENT_VANISHED and has_accepted(event, escalation.events),
        released=_released(event, escalation) if kind in (Kind.WITHDRAWN, Kind.CANCELLED) else "",
        failed_message=_failed_message(event, escalation) if kind == Kind.MESSAGE_FAILED else None,
    )
    mark, sentence = SENTENCES[Kind(kind)]
    quote = _quote(Kind(kind), body, escalation)
    return StorySentence(event["seq"], event["at"], sentence(context), quote, mark)


def _released(event: Fields, escalation: WholeEscalation) -> str:
    """Those who had the call, or were asked, when it was called off."""
    ended = (one for one in escalation.offers if one["state"] == "withdrawn" and one["answered_at"] == event["at"])
    names = [one["person_name"] for one in ended]
    return listed(names) if names else ""


def _failed_message(event: Fields, escalation: WholeEscalation) -> tuple[str, bool] | None:
    """The recipient of the message that failed, and whether it has been sent since; None if the message is gone."""
    failed = next((one for one in escalation.messages if str(one["id"]) == event["body"].get("message")), None)
    return None if failed is None else (str(failed["recipient"]), failed["state"] == "sent")


def _quote(kind: Kind, body: Fields, escalation: WholeEscalation) -> str:
    """The free text that belongs to an event. Comments and notes have rows of their own, so that they can be erased."""
    if kind is Kind.RATED and escalation.rating:
        changed = escalation.rating.get("first_score") is not None
        return str(escalation.rating["first_comment" if changed else "comment"] or "")
    if kind is Kind.RATING_CHANGED and escalation.rating and escalation.rating["score"] == body.get("score"):
        return str(escalation.rating["comment"] or "")
    if kind is Kind.FOLLOW_UP_DONE and escalation.follow_up:
        return str(escalation.follow_up["note"] or "")
    if kind is Kind.WRAPPED_UP:
        wrap_ups = (call["wrap_up"] for call in escalation.calls if str(call["id"]) == body.get("call_id"))
        return str((next(wrap_ups, None) or {}).get("note") or "")
    return str(body.get("reason") or body.get("error") or "")
