"""Names stored in databases and histories, or published to other programs, don't change.

``published_names.json`` is the list of them. Names may be added.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import json
import pkgutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio import activity, workflow

import activities.messages
from activities import contracts
from database.stores.journal.plan_json import dump_plan
from domain.escalation import Kind, Mode, Outcome, State
from domain.failure import Failure
from domain.letter import Channel, LetterKind
from domain.plan import Plan
from domain.sign_in import Role
from tests.rules_dsl.desks import ruleset
from workflows.escalation import EscalationWorkflow

PUBLISHED: dict[str, Any] = json.loads(Path(__file__).with_name("published_names.json").read_text())
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


def missing(published: Any, current: Any) -> Any:
    """What is missing from the current names, with the same nesting; empty if nothing is."""
    if isinstance(published, dict):
        parts = {key: missing(value, current.get(key)) if key in current else value for key, value in published.items()}
        return {key: value for key, value in parts.items() if value}
    if isinstance(published, list) and all(isinstance(name, str) for name in published):
        return sorted(set(published) - set(current))
    if isinstance(published, list):
        return [part for nth, part in enumerate(published) if nth >= len(current) or missing(part, current[nth])]
    return published if published != current else None


def shape(value: Any) -> Any:
    """The keys of a stored value, without its values."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else "" if not isinstance(value, list) else []


def failures() -> dict[str, list[str]]:
    """Failures with their fields: types and details of errors in histories and in the API's problems."""
    for package in ("domain", "database.stores", "web"):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(module.name)
    found, pending = dict[str, list[str]](), [Failure]
    while pending:
        kinds = pending.pop().__subclasses__()
        pending += kinds
        found |= {kind.__name__: [field.name for field in dataclasses.fields(kind)] for kind in kinds}
    return found


def messages() -> dict[str, list[str]]:
    return {
        name: [field.name for field in dataclasses.fields(kind)]
        for name, kind in vars(activities.messages).items()
        if inspect.isclass(kind) and dataclasses.is_dataclass(kind) and kind.__module__ == "activities.messages"
    }


def test_no_stored_or_published_name_is_missing() -> None:
    definition = workflow._Definition.must_from_class(EscalationWorkflow)
    stubs = [activity._Definition.from_callable(stub) for _, stub in inspect.getmembers(contracts, inspect.isfunction)]
    decided = ruleset("small_team").decide({"tags": ("safety",), "priority": "urgent"}, NOW)
    current = {
        "event kinds": list(Kind),
        "states": list(State),
        "outcomes": list(Outcome),
        "modes": list(Mode),
        "letter kinds": list(LetterKind),
        "channels": list(Channel),
        "roles": list(Role),
        "failures": failures(),
        "workflow": [definition.name, list(definition.signals), list(definition.updates)],
        "activities": [stub.name for stub in stubs if stub is not None],
        "messages": messages(),
        "versions of rules": {name: ruleset(name).version for name in PUBLISHED["versions of rules"]},
        "plan": shape(dump_plan(Plan(decided, ruleset("small_team").version, NOW))),
    }
    assert missing(PUBLISHED, current) == {}
