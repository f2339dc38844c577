"""What is stored in databases and histories, or published to other programs, keeps its name.

``published_names.json`` was taken before the modules and classes got the names that they have. Names may be added.
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

TAKEN_BEFORE: dict[str, Any] = json.loads(Path(__file__).with_name("published_names.json").read_text())
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


def lost(before: Any, now: Any) -> Any:
    """What stood there and doesn't any more, as nested as it was; empty where all is there."""
    if isinstance(before, dict):
        gone = {key: lost(value, now.get(key)) if key in now else value for key, value in before.items()}
        return {key: value for key, value in gone.items() if value}
    if isinstance(before, list) and all(isinstance(one, str) for one in before):
        return sorted(set(before) - set(now))
    if isinstance(before, list):
        return [one for nth, one in enumerate(before) if nth >= len(now) or lost(one, now[nth])]
    return before if before != now else None


def shape(value: Any) -> Any:
    """The keys of a stored value, without what stands under them."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else "" if not isinstance(value, list) else []


def failures() -> list[str]:
    """Their names are types in histories and of the API's problems."""
    for package in ("domain", "database.stores", "web"):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(module.name)
    found, left = [], [Failure]
    while left:
        kinds = left.pop().__subclasses__()
        left += kinds
        found += [kind.__name__ for kind in kinds]
    return found


def messages() -> dict[str, list[str]]:
    return {
        name: [field.name for field in dataclasses.fields(kind)]
        for name, kind in vars(activities.messages).items()
        if inspect.isclass(kind) and dataclasses.is_dataclass(kind) and kind.__module__ == "activities.messages"
    }


def test_nothing_that_is_stored_or_published_has_lost_its_name() -> None:
    definition = workflow._Definition.must_from_class(EscalationWorkflow)
    stubs = [activity._Definition.from_callable(stub) for _, stub in inspect.getmembers(contracts, inspect.isfunction)]
    decided = ruleset("small_team").decide({"tags": ("safety",), "priority": "urgent"}, NOW)
    now = {
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
        "versions of rules": {name: ruleset(name).version for name in TAKEN_BEFORE["versions of rules"]},
        "plan": shape(dump_plan(Plan(decided, ruleset("small_team").version, NOW))),
    }
    assert lost(TAKEN_BEFORE, now) == {}
