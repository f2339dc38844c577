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

from domain.guards import Colleague, objection
from domain.matching import servable
from domain.searching import DueCall, Pools
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
    able = np.zeros((len(soon), len(people)), dtype=np.bool_)
    in_time = np.zeros_like(able)
    for row, call in enumerate(soon):
        assert call.starts_at is not None
        step = _step_at(call, call.starts_at)
        asked = frozenset(pools.at(call.plan.decision, step).members) - call.refused_by
        needs = call.needs(now)
        for column, one in enumerate(people):
            able[row, column] = one.person in asked and not objection(
                needs, one, titles[one.person], occupancy_limit, now
            )
            in_time[row, column] = free_at(now, busy_until.get(one.person)) <= call.starts_at
    late = set(servable(able)) - set(servable(able & in_time))
    return tuple(soon[row] for row in sorted(late))


def _step_at(call: DueCall, moment: datetime) -> int:
    """How many steps its search will have taken by then."""
    elapsed = (moment - call.began_at).total_seconds() + call.skipped
    return max(call.step, sum(1 for step in call.plan.decision.steps if step.after <= elapsed))
