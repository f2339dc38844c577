"""Late calls: booked calls that will start late because earlier ones run over. Pure.

Nobody is assigned to a booked call before its muster, so a call that runs over never delays one particular call.
Instead, the calls due soon are delayed as a group if more calls are running over than there are people to spare. A
matching of the calls due soon with the people who will be free by then shows which can't start on time. A second
matching, computed as if nobody were on a call, excludes calls that would lack people anyway: searching early wouldn't
find anybody sooner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.rounds.eligibility import Colleague, Needs, hard_constraint
from domain.rounds.matching import servable
from domain.rounds.search import DueCall, Pools
from rules_dsl.directory import Directory

AHEAD = timedelta(minutes=10)
"""Checks of a call begin this long before its start time, or when its muster begins if that is earlier: a search that
runs already can't be brought forward, and one that would begin earlier still has nothing to be late for yet."""
TELL_BEFORE = timedelta(minutes=4)
"""How long before its start time the customer is notified that a call will be late."""
OVERRUN = timedelta(minutes=5)
"""How much longer a call is expected to last if it is already running over."""


def free_at(now: datetime, planned_end: datetime | None) -> datetime:
    """When somebody is free: now, at the planned end of their call, or ``OVERRUN`` from now if it is already running
    over.
    """
    if planned_end is None:
        return now
    return planned_end if planned_end > now else now + OVERRUN


def busy_until(now: datetime, planned_end: datetime) -> datetime:
    """The time until which no seats are booked against somebody on a call: its planned end, extended in steps of
    ``OVERRUN``.
    """
    if planned_end > now:
        return planned_end
    return planned_end + OVERRUN * ((now - planned_end) // OVERRUN + 1)


def will_be_late(
    soon: Sequence[DueCall],
    colleagues: Mapping[int, Colleague],
    busy_until: Mapping[int, datetime],
    directory: Directory,
    occupancy_limit: int,
    now: datetime,
) -> tuple[DueCall, ...]:
    """The booked calls due soon that can't start on time because people are still busy, in order of urgency.

    ``busy_until``: for each person on a call, its planned end.
    """
    # People on a call are included even if they have closed their desk.
    people = [one for _, one in sorted(colleagues.items()) if one.on_duty or one.person in busy_until]
    if not soon:
        return ()
    pools = Pools(directory, colleagues)
    titles = {person.id: person.title for person in directory.people}
    column = {one.person: number for number, one in enumerate(people)}
    free = np.array([free_at(now, busy_until.get(one.person)).timestamp() for one in people])
    # Computed once for all calls with the same pool or needs.
    members: dict[object, NDArray[np.bool_]] = {}
    allowed: dict[Needs, NDArray[np.bool_]] = {}
    able = np.zeros((len(soon), len(people)), dtype=np.bool_)
    in_time = np.zeros_like(able)
    for row, call in enumerate(soon):
        assert call.starts_at is not None
        decision, step, needs = call.plan.decision, _step_at(call, call.starts_at), call.needs(now)
        pool = pools.key(decision, step)
        if pool not in members:
            in_pool = frozenset(pools.at(decision, step).members)
            members[pool] = np.array([one.person in in_pool for one in people], dtype=np.bool_)
        if needs not in allowed:
            constraints = (hard_constraint(needs, one, titles[one.person], occupancy_limit, now) for one in people)
            allowed[needs] = np.array([not constraint for constraint in constraints], dtype=np.bool_)
        able[row] = members[pool] & allowed[needs]
        able[row, [column[person] for person in call.refused_by if person in column]] = False
        in_time[row] = free <= call.starts_at.timestamp()
    late = set(servable(able)) - set(servable(able & in_time))
    return tuple(soon[row] for row in sorted(late))


def _step_at(call: DueCall, moment: datetime) -> int:
    """How many steps the call's search will have taken by this moment."""
    elapsed = (moment - call.began_at).total_seconds() + call.skipped
    return max(call.step, sum(1 for step in call.plan.decision.steps if step.after <= elapsed))
