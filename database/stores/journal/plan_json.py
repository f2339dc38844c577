"""Plans as JSON, for the database and for the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from domain.plan import Plan

_PLAN = TypeAdapter(Plan)


def dump_plan(plan: Plan) -> dict[str, Any]:
    dumped: dict[str, Any] = _PLAN.dump_python(plan, mode="json")
    return dumped


def load_plan(stored: Mapping[str, Any]) -> Plan:
    return _PLAN.validate_python(stored)


def plan_view(plan: Plan) -> dict[str, Any]:
    """A plan as shown by the API: what was decided, by which rule and version, and why."""
    decision = plan.decision
    return {
        "ruleset": plan.ruleset,
        "rule": decision.rule,
        "kind": decision.kind.value,
        "pool": plan.pool_text,
        "steps": [{"after_seconds": step.after, "do": step.text or step.kind.value} for step in decision.steps],
        "slot_seconds": decision.booking.slot,
        "prepare_seconds": decision.calls.prepare,
        "note": decision.note,
        "why": [
            {"rule": r.rule, "held": r.held, "line": r.line, "text": r.text, "because": r.because} for r in decision.why
        ],
    }
