"""Looking ahead: booked calls that will begin late because others run over. Pure.

Nobody is bound to a booked call before its muster, so a running call never collides with *its* next call. It
collides with all of those soon due: when more calls run over than there are people to spare. A matching of the calls
that are soon due with those who will be free by then says which ones can't begin in time; another one, as if nobody
were on a call, leaves out those for which people are missing anyhow: an early search would not find them sooner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.rounds.eligibility import Colleague, Needs, objection
from domain.rounds.matching import servable
from domain.rounds.search import DueCall, Pools
from rules_dsl.directory import Directory

AHEAD = timedelta(minutes=10)
"""How far ahead calls are looked at, at least; calls with a longer preparation, from their muster on."""
TELL_BEFORE = timedelta(minutes=4)
"""A customer whose call will be late is told so long before it begins."""
OVERRUN = timedelta(minutes=5)
"""How much longer a call that has run over its time is taken to last."""


def free_at(now: datetime, planned_end: datetime | None) -> datetime:
    """When somebody is free: now, at the planned end of their call, or, past that, in a while."""
    if planned_end is None:
        return now
    return planned_end if planned_end > now else now + OVERRUN


def busy_until(now: datetime, planned_end: datetime) -> datetime:
    """Until when seats take somebody to be in a call: its planned end, or, past that, whole ``OVERRUN`` more."""
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
    """Those of the booked calls ``soon`` due, in order of urgency, for which whoever could take them is still busy.

    ``busy_until`` holds the planned end of the call that a person has now, for those who have one.
    """
    # Who talks may have closed their desk.
    people = [one for _, one in sorted(colleagues.items()) if one.on_duty or one.person in busy_until]
    if not soon:
        return ()
    pools = Pools(directory, colleagues)
    titles = {person.id: person.title for person in directory.people}
    column = {one.person: number for number, one in enumerate(people)}
    free = np.array([free_at(now, busy_until.get(one.person)).timestamp() for one in people])
    # What many calls have in common is worked out once.
    members: dict[object, NDArray[np.bool_]] = {}
    unhindered: dict[Needs, NDArray[np.bool_]] = {}
    able = np.zeros((len(soon), len(people)), dtype=np.bool_)
    in_time = np.zeros_like(able)
    for row, call in enumerate(soon):
        assert call.starts_at is not None
        decision, step, needs = call.plan.decision, _step_at(call, call.starts_at), call.needs(now)
        pool = pools.key(decision, step)
        if pool not in members:
            asked = frozenset(pools.at(decision, step).members)
            members[pool] = np.array([one.person in asked for one in people], dtype=np.bool_)
        if needs not in unhindered:
            clauses = (objection(needs, one, titles[one.person], occupancy_limit, now) for one in people)
            unhindered[needs] = np.array([not clause for clause in clauses], dtype=np.bool_)
        able[row] = members[pool] & unhindered[needs]
        able[row, [column[person] for person in call.refused_by if person in column]] = False
        in_time[row] = free <= call.starts_at.timestamp()
    late = set(servable(able)) - set(servable(able & in_time))
    return tuple(soon[row] for row in sorted(late))


def _step_at(call: DueCall, moment: datetime) -> int:
    """How many steps its search will have taken by then."""
    elapsed = (moment - call.began_at).total_seconds() + call.skipped
    return max(call.step, sum(1 for step in call.plan.decision.steps if step.after <= elapsed))
