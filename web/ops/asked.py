"""What became of each offer, in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from database.stores.queries.escalation_detail import Fields
from domain.escalation import Kind

_SIMPLE = {
    "offered": "is being asked",
    "accepted": "has taken it",
    "done": "took it",
    "declined": "declined",
}


def offer_words(offer: Fields, events: Sequence[Fields]) -> str:
    """What somebody did with an offer. ``events`` are the escalation's."""
    if offer["state"] in _SIMPLE:
        return _SIMPLE[offer["state"]]
    kinds = {event["kind"]: event["body"] for event in events if _is_about(event["body"], offer)}
    accepted = Kind.ACCEPTED in kinds
    if offer["state"] == "withdrawn":
        return "had taken it when it was called off" if accepted else "offer withdrawn"
    if Kind.AGENT_MISSED in kinds:
        return "took it, but did not join"
    if Kind.AGENT_VANISHED in kinds:
        if kinds[Kind.AGENT_VANISHED].get("midway"):
            return "took it, but did not come back to the call"
        return "took it, then was no longer at the desk" if accepted else "was no longer at the desk"
    if Kind.OFFER_EXPIRED in kinds:
        return "did not answer"
    # Without its events, as in an archive that can't be read here, only this is certain.
    return "did not join" if offer["state"] == "missed" else "no longer has it"


def has_accepted(event: Fields, events: Sequence[Fields]) -> bool:
    """Whether the person whom this event is about had accepted the offer that it names."""
    body = event["body"]
    return any(
        one["kind"] == Kind.ACCEPTED
        and (one["body"].get("call_id"), one["body"].get("offer")) == (body.get("call_id"), body.get("offer"))
        for one in events
    )


def _is_about(body: Fields, offer: Fields) -> bool:
    return (body.get("call_id"), body.get("offer")) == (str(offer["call"]), offer["nth"])
