"""A person's day as a table cell."""

from __future__ import annotations

from typing import Any

from domain.schedules.coverage import PersonDay
from domain.schedules.schedule import AbsenceKind
from web.shifts import wording


def cells(day: PersonDay, zone: str) -> dict[str, Any]:
    """The day's ``hours`` in words, and its ``absent`` times, each with kind, purpose and time span."""
    absent = []
    for one in day.absent:
        what = one.what if one.kind is AbsenceKind.KEPT_FREE else wording.ABSENT[one.kind]
        absent.append((one.kind.value, what, wording.times(one.during, zone)))
    return {"hours": [wording.times(span, zone) for span in day.available], "absent": absent}
