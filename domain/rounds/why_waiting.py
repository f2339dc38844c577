"""Why nobody has been asked to take a waiting call, although people may be free. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from domain.rounds.eligibility import Colleague, hard_constraint
from domain.rounds.search import DueCall, Pools
from rules_dsl.directory import Directory

REASONS_AT_MOST = 3
"""Reasons named; the rest are counted together."""


def why_waiting(
    due: Iterable[DueCall],
    colleagues: Mapping[int, Colleague],
    directory: Directory,
    occupancy_limit: int,
    now: datetime,
) -> dict[str, str]:
    """For each call, by id: who could take it now, or why each of those who are free can't."""
    pools = Pools(directory, colleagues)
    titles = {person.id: person.title for person in directory.people}
    return {call.call_id: _why(call, colleagues, pools, titles, occupancy_limit, now) for call in due}


def _why(
    call: DueCall,
    colleagues: Mapping[int, Colleague],
    pools: Pools,
    titles: Mapping[int, int],
    occupancy_limit: int,
    now: datetime,
) -> str:
    pool = pools.at(call.plan.decision, call.step)
    members, needs = frozenset(pool.members), call.needs(now)
    outside = {one.person: one.reason for one in pool.excluded}
    reasons: Counter[str] = Counter()
    for one in (colleague for colleague in colleagues.values() if not colleague.hindrance):
        if one.person not in members:
            reasons[outside.get(one.person, "not in its pool")] += 1
        elif one.person in call.refused_by:
            reasons["declined it or did not join it"] += 1
        else:
            reasons[hard_constraint(needs, one, titles[one.person], occupancy_limit, now)] += 1
    if able := reasons.pop("", 0):
        return f"{able} of those who are free can take it and will be asked"
    if reasons:
        return f"{reasons.total()} free, but none can take it: {_listed(reasons)}"
    if not members:
        return "nobody is in its pool at this step"
    absent = (colleagues.get(person) for person in members)
    hindered = Counter("not at the desk" if one is None else _brief(one.hindrance) for one in absent)
    return f"nobody free: {_listed(hindered)}"


def _brief(hindrance: str) -> str:
    """``away: lunch`` and ``desk silent for 20 s`` without what differs from person to person."""
    return "desk silent" if hindrance.startswith("desk silent") else hindrance.partition(":")[0]


def _listed(reasons: Counter[str]) -> str:
    most = reasons.most_common(REASONS_AT_MOST)
    rest = reasons.total() - sum(number for _, number in most)
    parts = [f"{number} {reason}" for reason, number in most]
    return ", ".join([*parts, f"{rest} for other reasons"] if rest else parts)
