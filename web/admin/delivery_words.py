"""Puts a delivery of a webhook into words: what arrived, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from database.stores.access.webhook_deliveries import REPLAYED, TESTED, WebhookDelivery
from web.hooks.receive import TRIGGER

_DONE = {
    "opened": ("done", "Opened an escalation"),
    "stood already": ("done", "The escalation was open already"),
    "withdrawn": ("done", "Ended the escalation"),
    "recorded": ("done", "Recorded that the ticket was reopened"),
    "ignored": ("nothing", "Nothing to do"),
    "refused": ("person", "The rules allow no call"),
    "tested": ("done", "Test understood"),
}
_REFUSED = {
    400: "Could not be read",
    401: "No valid signature",
    410: "Its source was deleted",
    413: "Too large",
    422: "A field is missing or wrong",
    429: "No valid signature, too often",
    500: "Failed on our side",
    503: "Not handled in time",
}


@dataclass(frozen=True)
class DeliveryWords:
    shape: str
    """The CSS class of its mark."""
    result: str
    reason: str
    """A sentence, or empty."""
    what: str


def delivery_words(one: WebhookDelivery) -> DeliveryWords:
    refused = ("lost", _REFUSED.get(one.status, "Refused"))
    shape, result = _DONE.get(one.done, ("done", one.done)) if one.done else refused
    reason = f"It would {one.reason}" if one.done == "tested" else one.reason
    return DeliveryWords(shape, result, _sentence(reason, capital=bool(one.done)), _what(one))


def _what(one: WebhookDelivery) -> str:
    if not one.signed:
        return "Not read"
    if one.kind == TRIGGER:
        kind = "Sample" if one.origin == TESTED else "Trigger"
    else:
        kind = f"Event {one.kind}" if one.kind else "Unreadable body"
    kind = f"{kind}, replayed" if one.origin == REPLAYED else kind
    return f"{kind} · ticket {one.ticket}" if one.ticket else kind


def _sentence(text: str, *, capital: bool) -> str:
    """The text with a full stop. A field's name at its beginning keeps its small letter."""
    begun = text[:1].upper() + text[1:] if capital else text
    return begun if not begun or begun.endswith((".", "!", "?")) else f"{begun}."
