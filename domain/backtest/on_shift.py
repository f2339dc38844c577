"""Who was on shift at many moments of the past: weekly hours as a directory had them, days as they are recorded. Pure.

Busy times of calendars are left out: of them only what lies ahead is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np

from domain.backtest.columns import NEVER, Instants, Numbers, instant_of, moment_of
from domain.schedules.schedule import ONE_DAY, Repeating, Schedule, WeeklyHours, available_spans
from rules_dsl.directory import Directory, Person, WeeklyShift

BLOCK = timedelta(weeks=4) // timedelta(microseconds=1)
"""Spans are laid out for so many microseconds at a time, when one of their moments is first asked for."""


@dataclass
class PastSchedules:
    """What is recorded of people's days, by person. Whoever is not among them has weekly hours alone."""

    recorded: Mapping[int, Schedule]
    _known: dict[tuple[int, tuple[WeeklyShift, ...]], int] = field(default_factory=dict)
    _numbers: dict[tuple[object, ...], int] = field(default_factory=dict)
    _schedules: list[Schedule] = field(default_factory=list)
    _laid_out: dict[tuple[int, int], Instants] = field(default_factory=dict)

    def number(self, person: Person) -> int:
        """Of this person's schedule; those who work the same hours have the same."""
        asked = (person.id, person.shifts)
        if asked not in self._known:
            one = self.schedule_of(person)
            key = (one.weekly, one.day_changes, one.time_off, one.kept_free, frozenset(one.holidays))
            number = self._numbers.setdefault(key, len(self._schedules))
            if number == len(self._schedules):
                self._schedules.append(one)
            self._known[asked] = number
        return self._known[asked]

    def schedule_of(self, person: Person) -> Schedule:
        """Weekly hours that still stand keep the dates from and until which they do."""
        known = self.recorded.get(person.id, Schedule(person.id))
        weekly = [when for shift in person.shifts for when in _dated(shift, known)]
        return replace(known, weekly=tuple(WeeklyHours(0, when) for when in weekly), busy=())

    def edges(self, number: int, block: int) -> Instants:
        """Beginnings and ends, in turn, of where calls could be served in a block of time, and somewhat around it."""
        key = (number, block)
        if key not in self._laid_out:
            first, last = (moment_of(at * BLOCK).date() for at in (block, block + 1))
            spans = available_spans(self._schedules[number], first - 2 * ONE_DAY, last + ONE_DAY)
            edges = [instant_of(edge) for span in spans for edge in span]
            self._laid_out[key] = np.array(edges, dtype=np.int64)
        return self._laid_out[key]


def _dated(shift: WeeklyShift, recorded: Schedule) -> list[Repeating]:
    plain = Repeating(shift.days, shift.start_minute, shift.end_minute, shift.time_zone)
    same = [hours.when for hours in recorded.weekly if replace(hours.when, first=None, last=None) == plain]
    return same or [plain]


class Duty:
    """The people of one directory as bits, the *n*-th person bit *n*; each set that was on shift has a number."""

    def __init__(self, directory: Directory, schedules: PastSchedules) -> None:
        self._schedules = schedules
        self._people: dict[int, int] = {}
        for place, person in enumerate(directory.people):
            number = schedules.number(person)
            self._people[number] = self._people.get(number, 0) | 1 << place
        self._numbers: dict[int | None, int] = {None: 0}
        self._blocks: dict[int, tuple[Instants, Numbers]] = {}
        self.masks: list[int | None] = [None]
        """By number; the first is where no moment is known."""

    def numbers(self, moments: Instants) -> Numbers:
        found = np.zeros(len(moments), dtype=np.intp)
        blocks = moments // BLOCK
        for block in np.unique(blocks[moments != NEVER]).tolist():
            here = np.flatnonzero((blocks == block) & (moments != NEVER))
            edges, numbers = self._block(block)
            found[here] = numbers[np.searchsorted(edges, moments[here], side="right")]
        return found

    def _block(self, block: int) -> tuple[Instants, Numbers]:
        """Instants at which anybody comes or goes, and the number of those who are there before and after each."""
        if block not in self._blocks:
            turns: dict[int, int] = {}
            for number, bits in self._people.items():
                for edge in self._schedules.edges(number, block).tolist():
                    turns[edge] = turns.get(edge, 0) ^ bits
            edges, numbers, mask = sorted(turns), [self._number(0)], 0
            for edge in edges:
                mask ^= turns[edge]
                numbers.append(self._number(mask))
            self._blocks[block] = (np.array(edges, dtype=np.int64), np.array(numbers, dtype=np.intp))
        return self._blocks[block]

    def _number(self, mask: int) -> int:
        number = self._numbers.setdefault(mask, len(self.masks))
        if number == len(self.masks):
            self.masks.append(mask)
        return number
