"""What one booked escalation costs in Temporal: events, tasks, activities, billable-like actions.

Counted in the recorded history that the replay test uses, and compared with the same escalation built naively: an
activity per mail, a timer at the muster, a signal per event.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from pathlib import Path

HISTORY = Path(__file__).parents[1] / "tests/workflows/histories/booked_and_rated_unstarted.json"
TEST_SERVER_EVENTS = ("OPTIONS_UPDATED", "TIME_SKIPPING")
NAIVE = {"mail activities": 6, "timer at the muster": 1, "signals for offered and each join": 3, "closing activity": 1}
"""Actions that this design avoids in the recorded escalation: messages are rows, no timer fires at the muster,
events that nobody waits for travel with others."""


def table() -> str:
    """The table, as Markdown."""
    history = json.loads(HISTORY.read_text())
    kinds = Counter(event["eventType"].removeprefix("EVENT_TYPE_") for event in history["events"])
    ours = {kind: count for kind, count in kinds.items() if not any(name in kind for name in TEST_SERVER_EVENTS)}
    tasks = ours["WORKFLOW_TASK_SCHEDULED"]
    actions = {
        "start": 1,
        "timers": ours["TIMER_STARTED"],
        "activities": ours["ACTIVITY_TASK_SCHEDULED"],
        "signals": ours["WORKFLOW_EXECUTION_SIGNALED"],
    }
    total, saved = sum(actions.values()), sum(NAIVE.values())
    size = sum(len(base64.b64decode(data)) for data in _payloads(history))
    rows = [
        "| one booked escalation: link, booking, reminder, muster, call, wrap-up, survey, rating | |",
        "| --- | --- |",
        f"| events | {sum(ours.values())} (of which {tasks * 3} are {tasks} workflow tasks) |",
        f"| activities | {actions['activities']} |",
        f"| billable-like actions | {total} ({', '.join(f'{count} {name}' for name, count in actions.items())}) |",
        f"| the same, built naively | {total + saved} (+ {', + '.join(f'{n} {name}' for name, n in NAIVE.items())}) |",
        f"| payload carried | {size / 1000:.1f} kB |",
    ]
    return "\n".join(rows)


def _payloads(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["data"]] if isinstance(part.get("data"), str) else []
        return own + [payload for value in part.values() for payload in _payloads(value)]
    if isinstance(part, list):
        return [payload for value in part for payload in _payloads(value)]
    return []
