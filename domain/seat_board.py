"""The board: who is on shift when, and which sold seat rests on whom, laid out for quick questions.

Time is cut at every instant at which something changes. Between two cuts stand big integers with one bit a
person: on shift, free of calls, engaged. A question about a time is an AND over the pieces that it covers, so
it costs the same for ten people and for a thousand, needs no grid, and knows nothing of clock changes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from operator import xor

from domain.seat_terms import MOST_A_DAY, Demand, Member, Terms, merge_touching

CapKey = tuple[int, tuple[tuple[int, int], ...]]
_NO_LIMIT: CapKey = (MOST_A_DAY, ())
REMEMBERED = 50_000
"""Questions of eligibility whose answers are kept."""


class Board:
    """People, pools and sold seats. Changed by ``put`` and ``take`` only."""

    def __init__(self, members: Iterable[Member], pools: Mapping[int, Collection[int]]) -> None:
        self.members = sorted(members, key=lambda member: (member.flexibility, member.person))
        self.bit_of = {member.person: bit for bit, member in enumerate(self.members)}
        self.pools = {pool: self.mask_of(people) for pool, people in pools.items()}
        self.held: dict[int, tuple[Demand, int]] = {}
        """By booking: what it asks for, and the bit of its witness."""
        self._of: list[list[tuple[int, int, Demand]]] = [[] for _ in self.members]
        """By bit: the calls in order of time, each after the two things it is ordered by."""
        self._of_day: dict[tuple[int, int], dict[int, Demand]] = defaultdict(dict)
        self._eligible: dict[tuple[int, int, int, int], int] = {}
        self._full: dict[int, dict[CapKey, int]] = defaultdict(dict)
        self._longest = 0
        """Seconds that the longest call keeps somebody, its gap included."""
        self.shares: set[int] = set()
        """The reserves, in percent, that calls on this board have kept."""
        self._engaged: dict[int, list[int]] = {}
        self._kept: dict[int, list[int | None]] = {}
        self._lay_out()

    def mask_of(self, people: Iterable[int]) -> int:
        return sum(1 << self.bit_of[person] for person in set(people) if person in self.bit_of)

    def _lay_out(self) -> None:
        edges = {0}
        self._teams: dict[int, int] = defaultdict(int)
        for bit, member in enumerate(self.members):
            self._teams[member.team] |= 1 << bit
            edges.update(edge for span in (*member.shifts, *member.works) for edge in span)
        self._edges = sorted(edges)
        self._on = self._over_time(member.shifts for member in self.members)
        self._works = self._over_time(member.whole for member in self.members)
        self._idle = [(1 << len(self.members)) - 1] * len(self._edges)

    def lay(self, standing: Iterable[tuple[Demand, int]]) -> None:
        """Put many calls on a board that has none, each with its person: quicker than one by one."""
        blocked: list[list[tuple[int, int]]] = [[] for _ in self.members]
        edges = set(self._edges)
        for demand, person in standing:
            bit, rest = self.bit_of[person], demand.begin - demand.terms.gap
            self.held[demand.booking] = (demand, bit)
            self._of[bit].append((rest, demand.booking, demand))
            self._of_day[bit, demand.day][demand.booking] = demand
            blocked[bit].append((rest, demand.end))
            edges.update((rest, demand.begin, demand.end))
        held = [demand for demand, _ in self.held.values()]
        self.shares = {demand.terms.reserve for demand in held} - {0}
        self._longest = max((demand.end - demand.rest for demand in held), default=0)
        for calls in self._of:
            calls.sort()
        old, on, works = self._edges, self._on, self._works
        self._edges = sorted(edges)
        self._on = [on[bisect_right(old, edge) - 1] for edge in self._edges]
        self._works = [works[bisect_right(old, edge) - 1] for edge in self._edges]
        everybody = (1 << len(self.members)) - 1
        self._idle = [everybody & ~busy for busy in self._over_time(merge_touching(spans) for spans in blocked)]

    def _over_time(self, spans: Iterable[Sequence[tuple[int, int]]]) -> list[int]:
        """In each piece, those who have it in one of their spans; each person's spans lie apart."""
        at = {edge: place for place, edge in enumerate(self._edges)}
        changes = [0] * len(self._edges)
        for bit, own in enumerate(spans):
            for begin, end in own:
                changes[at[begin]] ^= 1 << bit
                changes[at[end]] ^= 1 << bit
        return list(accumulate(changes, xor))

    # What can be asked.

    def eligible(self, demand: Demand) -> int:
        """Who is in the pool and on shift for all of this time, whatever else they have.

        Towards the end of their working time a lunch or a meeting is no end.
        """
        terms = demand.terms
        last = max(demand.end, demand.begin + terms.prepare + terms.shift_end + 1 if terms.shift_end else 0)
        asked = (demand.pool, demand.begin, demand.end, last)
        if (known := self._eligible.get(asked)) is not None:
            return known
        mask = self.pools.get(demand.pool, 0)
        for place in self._pieces(demand.begin, demand.end):
            mask &= self._on[place]
            if not mask:
                break
        if mask and last > demand.end:
            for place in self._pieces(demand.end, last):
                mask &= self._works[place]
        if len(self._eligible) > REMEMBERED:
            self._eligible.clear()
        self._eligible[asked] = mask
        return mask

    def idle(self, demand: Demand, mask: int) -> int:
        """Those of ``mask`` who have no other call in this time, the gap before it included."""
        for place in self._pieces(demand.rest, demand.end):
            mask &= self._idle[place]
            if not mask:
                break
        return mask

    def can_take(self, demand: Demand, mask: int | None = None) -> int:
        """The direct test: those to whom this call can be given with nothing else changed."""
        mask = self.idle(demand, self.eligible(demand) if mask is None else mask)
        if mask:
            mask &= ~self.full(demand.day, demand.terms)
        if mask and demand.terms.reserve:
            mask &= ~self.kept_back(demand)
        if mask and demand.terms.shift_percent < 100:
            mask = sum(1 << bit for bit in bits(mask) if self.shift_allows(bit, demand))
        return mask

    def full(self, day: int, terms: Terms) -> int:
        """Those who may be given no further call on this day."""
        known = self._full[day]
        key = (terms.cap, terms.title_caps)
        if key not in known:
            busy = [bit for (bit, on), calls in self._of_day.items() if on == day and calls]
            known[key] = sum(1 << bit for bit in busy if self._is_full(bit, day, key))
        return known[key]

    def kept_back(self, demand: Demand) -> int:
        """Those of the teams that are down to their reserve at some moment of this time."""
        mask = 0
        for share in {demand.terms.reserve, *(known for known in self.shares if known < demand.terms.reserve)}:
            engaged = self._engaged_at(share)
            kept = self._kept[share]
            for place in self._pieces(demand.begin, demand.end):
                closed = kept[place]
                if closed is None:
                    kept[place] = closed = self._down_to_reserve(self._on[place], engaged[place], share)
                mask |= closed
        return mask

    def shift_allows(self, bit: int, demand: Demand) -> bool:
        """Whether the shift stays within its share of calls with this one, too."""
        own, shift = demand.terms.shift_percent, self.shift_at(bit, demand.begin)
        if shift is None:
            return False
        calls = [demand, *(other for other in self.of(bit) if shift[0] <= other.begin < shift[1])]
        return all(
            sum(call.end - call.begin for call in calls if call.terms.shift_percent <= percent) * 100
            <= percent * (shift[1] - shift[0])
            for percent in {call.terms.shift_percent for call in calls}
            if own <= percent < 100
        )

    def shift_at(self, bit: int, moment: int) -> tuple[int, int] | None:
        """The whole working time around this moment."""
        shifts = self.members[bit].whole
        place = bisect_right(shifts, (moment, 1 << 62)) - 1
        return shifts[place] if place >= 0 and moment < shifts[place][1] else None

    def in_the_way(self, bit: int, demand: Demand) -> list[Demand]:
        """The calls of this person that leave no room for this one."""
        begin, end, found = demand.rest, demand.end, []
        for _, _, other in self._since(bit, begin):
            if other.rest >= end:
                break
            if begin < other.end and other.booking != demand.booking:
                found.append(other)
        return found

    def running(self, bit: int, moment: int) -> list[Demand]:
        """The calls that keep this person at this moment, the gap before each included: one, if limits are kept."""
        found = []
        for rest, _, call in self._since(bit, moment):
            if rest > moment:
                break
            if moment < call.end:
                found.append(call)
        return found

    def _since(self, bit: int, moment: int) -> Iterator[tuple[int, int, Demand]]:
        """The calls of this person from the first that may last until after this moment, in order."""
        calls = self._of[bit]
        return islice(calls, bisect_left(calls, (moment - self._longest, 0)), None)

    def on_day(self, bit: int, day: int) -> Collection[Demand]:
        return self._of_day.get((bit, day), {}).values()

    def of(self, bit: int) -> Collection[Demand]:
        """Every call that rests on this person."""
        return [call for _, _, call in self._of[bit]]

    def moments(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """Each piece of this time: its first instant, and those who are free of calls in it."""
        for place in self._pieces(begin, end):
            yield max(self._edges[place], begin), self._idle[place]

    def on_shift(self, begin: int, end: int) -> Iterator[int]:
        """Those on shift, in each piece of this time."""
        for place in self._pieces(begin, end):
            yield self._on[place]

    def standing(self, begin: int, end: int, share: int, moments: Collection[int]) -> Iterator[tuple[int, int, int]]:
        """At these moments and wherever something changes in this time: those on shift, and those engaged in
        calls of plans that keep ``share`` percent in reserve."""
        engaged = self._engaged_at(share)
        pieces = self._pieces(begin, end)
        for moment in sorted(
            {*moments, begin, *(self._edges[place] for place in pieces if self._edges[place] > begin)}
        ):
            place = bisect_right(self._edges, moment) - 1
            yield moment, self._on[place], engaged[place]

    @property
    def teams(self) -> Mapping[int, int]:
        return self._teams

    # What can change.

    def put(self, demand: Demand, bit: int) -> None:
        """This call rests on this person."""
        self.held[demand.booking] = (demand, bit)
        self._longest = max(self._longest, demand.end - demand.rest)
        if demand.terms.reserve:
            self.shares.add(demand.terms.reserve)
        insort(self._of[bit], (demand.rest, demand.booking, demand))
        self._of_day[bit, demand.day][demand.booking] = demand
        self._cut(demand.rest)
        self._cut(demand.begin)
        self._cut(demand.end)
        self._block(demand, bit)
        self._refresh(demand, bit)

    def take(self, booking: int) -> tuple[Demand, int]:
        """This call rests on nobody. Raises ``KeyError`` where it did not rest on anybody."""
        demand, bit = self.held.pop(booking)
        calls = self._of[bit]
        del calls[bisect_left(calls, (demand.rest, booking))]
        del self._of_day[bit, demand.day][booking]
        keep = ~(1 << bit)
        for place in self._pieces(demand.rest, demand.end):
            self._idle[place] |= 1 << bit
        for share, masks in self._engaged.items():
            if demand.terms.reserve >= share:
                for place in self._pieces(demand.begin, demand.end):
                    masks[place] &= keep
        for other in self.in_the_way(bit, demand):
            # What stands may stand closer than new calls are sold.
            self._block(other, bit)
        self._refresh(demand, bit)
        return demand, bit

    def _block(self, demand: Demand, bit: int) -> None:
        for place in self._pieces(demand.rest, demand.end):
            self._idle[place] &= ~(1 << bit)
        for share, masks in self._engaged.items():
            if demand.terms.reserve >= share:
                for place in self._pieces(demand.begin, demand.end):
                    masks[place] |= 1 << bit

    def _refresh(self, demand: Demand, bit: int) -> None:
        for key, mask in self._full[demand.day].items():
            full = self._is_full(bit, demand.day, key)
            self._full[demand.day][key] = mask | 1 << bit if full else mask & ~(1 << bit)
        for kept in self._kept.values():
            for place in self._pieces(demand.begin, demand.end):
                kept[place] = None

    def _is_full(self, bit: int, day: int, key: CapKey) -> bool:
        """Whether one more call of this cap finds no place. A call of a higher cap takes none of a lower one's."""
        if key == _NO_LIMIT:
            return len(self._of_day[bit, day]) >= MOST_A_DAY
        title = self.members[bit].title
        cap = Terms(cap=key[0], title_caps=key[1]).cap_of(title)
        caps = [other.terms.cap_of(title) for other in self.on_day(bit, day)]
        return any(sum(one <= most for one in caps) >= most for most in {cap, *caps} if most >= cap)

    def _engaged_at(self, share: int) -> list[int]:
        """In each piece, those on a call of a plan that keeps at least so much in reserve."""
        if share not in self._engaged:
            self._engaged[share] = [0] * len(self._edges)
            self._kept[share] = [None] * len(self._edges)
            for demand, bit in self.held.values():
                if demand.terms.reserve >= share:
                    for place in self._pieces(demand.begin, demand.end):
                        self._engaged[share][place] |= 1 << bit
        return self._engaged[share]

    def _down_to_reserve(self, on: int, engaged: int, share: int) -> int:
        closed = 0
        for team in self._teams.values():
            here = (on & team).bit_count()
            if here and (engaged & team).bit_count() >= sellable(here, share):
                closed |= team
        return closed

    def _pieces(self, begin: int, end: int) -> range:
        return range(bisect_right(self._edges, begin) - 1, bisect_left(self._edges, end))

    def _cut(self, moment: int) -> None:
        place = bisect_right(self._edges, moment) - 1
        if self._edges[place] == moment:
            return
        self._edges.insert(place + 1, moment)
        for pieces in (self._on, self._works, self._idle, *self._engaged.values()):
            pieces.insert(place + 1, pieces[place])
        for kept in self._kept.values():
            kept.insert(place + 1, kept[place])


def sellable(on_shift: int, reserve_percent: int) -> int:
    """How many of those on shift may be on sold calls at once; the reserve is rounded up."""
    return on_shift - -(-on_shift * reserve_percent // 100)


def bits(mask: int) -> Iterator[int]:
    """The places of the ones, the lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
