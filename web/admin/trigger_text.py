"""The text that an administrator pastes into Zendesk's triggers, and a sample of it with made-up values."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from rules_dsl.directory import Directory

_OPENING: dict[str, Any] = {
    "ticket": {
        "id": "{{ticket.id}}",
        "url": "{{ticket.link}}",
        "subject": "{{ticket.title}}",
        "created_at": "{{ticket.created_at_with_timestamp}}",
    },
    "customer": {
        "name": "{{ticket.requester.name}}",
        "email": "{{ticket.requester.email}}",
        "phone": "{{ticket.requester.phone}}",
    },
}
_FACTS = {"priority": "{{ticket.priority}}", "tags": "{{ticket.tags}}"}
_ENDING = {"ticket": {"id": "{{ticket.id}}", "url": "{{ticket.link}}", "status": "solved"}}
_SAMPLES = {
    "ticket.id": "4711",
    "ticket.title": "Engine stops at sea",
    "ticket.created_at_with_timestamp": "2026-03-02T11:08Z",
    "ticket.requester.name": "Mira Olsen",
    "ticket.requester.email": "mira@olsen.example",
}
"""Zendesk leaves other placeholders blank if a ticket has no such value."""
_PLACEHOLDER = re.compile(r"\{\{([\w.]+)\}\}")


@dataclass(frozen=True)
class TriggerText:
    opening: str
    ending: str
    sample: str
    """The opening one for a made-up ticket, marked as a test."""


def trigger_text(directory: Directory, account: str) -> TriggerText:
    """The facts are those of Zendesk's own fields that the directory declares."""
    facts = {name: value for name, value in _FACTS.items() if directory.fact_named(name) is not None}
    opening = {**_OPENING, "ticket": _OPENING["ticket"] | ({"facts": facts} if facts else {})}
    link = f"https://{account or 'example.zendesk.com'}/agent/tickets/{_SAMPLES['ticket.id']}"
    filled = _filled(opening, _SAMPLES | {"ticket.link": link})
    return TriggerText(_text(opening), _text(_ENDING), _text({"test": True, **filled}))


def _filled(value: Any, samples: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner, samples) for name, inner in value.items()}
    return _PLACEHOLDER.sub(lambda found: samples.get(found[1], ""), value)


def _text(body: object) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)
