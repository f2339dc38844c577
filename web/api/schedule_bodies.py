"""Request bodies that change schedules."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from domain.schedules.change import AddTimeOff, SetDay
from domain.schedules.schedule import TimeOffKind
from rules_dsl.model.clock_words import minute_of_day
from web.api.schema import Body
from web.api.words import Moment, Zone


def _clock(text: str) -> str:
    if minute_of_day(text) is None:
        raise ValueError("must be a time of day such as 09:00, at most 24:00")
    return text


Clock = Annotated[str, StringConstraints(max_length=5), AfterValidator(_clock)]

Flag = Annotated[bool, Field(strict=True)]


class HoursBody(Body):
    start: Clock = Field(alias="from", examples=["09:00"])
    end: Clock = Field(alias="until", description="If at or before `from`, on the following day.", examples=["17:00"])


class Consequences(Body):
    dry_run: Flag = Field(default=False, description="Only report what the change would do.")
    accept_at_risk: Flag = Field(
        default=False,
        description="Make the change even if nobody on shift can serve some booked calls any more.",
    )


class ChangeDay(Consequences):
    """One day's hours, replacing whatever was planned for that day."""

    hours: list[HoursBody] = Field(description="Empty if the person doesn't work on this day.", max_length=12)
    time_zone: Zone = Field(default="", description="IANA name; defaults to the person's time zone.")
    as_well: Flag = Field(default=False, description="In addition to the weekly hours instead of replacing them.")

    def change(self, day: date, zone: str) -> SetDay:
        spans = tuple((minute_of_day(one.start) or 0, minute_of_day(one.end) or 0) for one in self.hours)
        return SetDay(day, spans, self.time_zone or zone, self.as_well)


class TakeTimeOff(Consequences):
    """Time off between two moments."""

    kind: Literal["leave", "sick", "other"] = "leave"
    starts_at: Moment
    ends_at: Moment

    def change(self, key: str) -> AddTimeOff:
        return AddTimeOff(TimeOffKind(self.kind), (self.starts_at, self.ends_at), key)
