"""Who was on shift at each of many past moments: weekly hours come from the directory, all else from records. Pure.

Busy times from calendars are ignored, because past ones aren't kept.
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
"""Spans are computed in blocks of this many microseconds: each block when a moment in it is first needed."""


@dataclass
class RecordedSchedules:
    """People's recorded days, keyed by person; people without any have weekly hours only."""

    recorded: Mapping[int, Schedule]
    _number_of: dict[tuple[int, tuple[WeeklyShift, ...]], int] = field(default_factory=dict)
    _numbers: dict[tuple[object, ...], int] = field(default_factory=dict)
    _schedules: list[Schedule] = field(default_factory=list)
    _edges: dict[tuple[int, int], Instants] = field(default_factory=dict)

    def number(self, person: Person) -> int:
        """The number of this person's schedule; people with the same hours share it."""
        person_key = (person.id, person.shifts)
        if person_key not in self._number_of:
            one = self.schedule_of(person)
            key = (one.weekly, one.day_changes, one.time_off, one.kept_free, frozenset(one.holidays))
            number = self._numbers.setdefault(key, len(self._schedules))
            if number == len(self._schedules):
                self._schedules.append(one)
            self._number_of[person_key] = number
        return self._number_of[person_key]

    def schedule_of(self, person: Person) -> Schedule:
        """The recorded schedule, but with the directory's weekly hours. Hours found both in the directory and in the
        records keep their recorded dates.
        """
        recorded = self.recorded.get(person.id, Schedule(person.id))
        weekly = [when for shift in person.shifts for when in _dated(shift, recorded)]
        return replace(recorded, weekly=tuple(WeeklyHours(0, when) for when in weekly), busy=())

    def edges(self, number: int, block: int) -> Instants:
        """Alternating starts and ends of the spans in which calls could be served, in and just beyond a block."""
        key = (number, block)
        if key not in self._edges:
            first, last = (moment_of(at * BLOCK).date() for at in (block, block + 1))
            spans = available_spans(self._schedules[number], first - 2 * ONE_DAY, last + ONE_DAY)
            edges = [instant_of(edge) for span in spans for edge in span]
            self._edges[key] = np.array(edges, dtype=np.int64)
        return self._edges[key]


def _dated(shift: WeeklyShift, recorded: Schedule) -> list[Repeating]:
    plain = Repeating(shift.days, shift.start_minute, shift.end_minute, shift.time_zone)
    same = [hours.when for hours in recorded.weekly if replace(hours.when, first=None, last=None) == plain]
    return same or [plain]


class OnShift:
    """The people in one directory as masks, with bit *n* for the *n*-th person; each set of people on shift has a
    number.
    """

    def __init__(self, directory: Directory, schedules: RecordedSchedules) -> None:
        self._schedules = schedules
        self._people: dict[int, int] = {}
        """The mask of the people who have a schedule, keyed by the schedule's number."""
        for position, person in enumerate(directory.people):
            number = schedules.number(person)
            self._people[number] = self._people.get(number, 0) | 1 << position
        self._numbers: dict[int | None, int] = {None: 0}
        self._blocks: dict[int, tuple[Instants, Numbers]] = {}
        self.masks: list[int | None] = [None]
        """Indexed by the number of the set; the first entry stands for a missing moment."""

    def numbers(self, moments: Instants) -> Numbers:
        """For each moment, which set of people was on shift, by number."""
        result = np.zeros(len(moments), dtype=np.intp)
        blocks = moments // BLOCK
        for block in np.unique(blocks[moments != NEVER]).tolist():
            positions = np.flatnonzero((blocks == block) & (moments != NEVER))
            edges, numbers = self._block(block)
            result[positions] = numbers[np.searchsorted(edges, moments[positions], side="right")]
        return result

    def _block(self, block: int) -> tuple[Instants, Numbers]:
        """The instants at which anybody comes or goes, and which set of people is there before and after each."""
        if block not in self._blocks:
            changes: dict[int, int] = {}
            for number, people in self._people.items():
                for edge in self._schedules.edges(number, block).tolist():
                    changes[edge] = changes.get(edge, 0) ^ people
            edges, numbers, mask = sorted(changes), [self._number(0)], 0
            for edge in edges:
                mask ^= changes[edge]
                numbers.append(self._number(mask))
            self._blocks[block] = (np.array(edges, dtype=np.int64), np.array(numbers, dtype=np.intp))
        return self._blocks[block]

    def _number(self, mask: int) -> int:
        number = self._numbers.setdefault(mask, len(self.masks))
        if number == len(self.masks):
            self.masks.append(mask)
        return number
