"""Who counts as busy: the states that calendar programs give an entry, and the person's own answer to an invitation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from activities.integrations.calendar_text import RawComponent
from activities.integrations.calendar_times import Property

BUSY_STATUS = "X-MICROSOFT-CDO-BUSYSTATUS"
_FREE_IN_OUTLOOK = {"FREE", "WORKINGELSEWHERE"}
"""Outlook's TENTATIVE, BUSY and OOF are busy: whoever has agreed to come, if not firmly, may be there."""
_NOT_COMING = {"DECLINED", "DELEGATED"}


def makes_busy(properties: Mapping[str, Sequence[Property]], person: str) -> bool:
    """Whether an entry keeps its time busy. ``person`` is the mail address of the calendar's owner, if known."""
    if _words(properties, "STATUS") & {"CANCELLED", "CANCELED"}:
        return False
    if "TRANSPARENT" in _words(properties, "TRANSP") or _words(properties, BUSY_STATUS) & _FREE_IN_OUTLOOK:
        return False
    answers = [_answer(one) for one in properties.get("ATTENDEE", ()) if is_of(one.value, one.params, person)]
    return not answers or not all(answer in _NOT_COMING for answer in answers)


def is_of(value: str, params: Mapping[str, str], person: str) -> bool:
    """Whether an attendee is this person."""
    addresses = {text.strip().casefold().removeprefix("mailto:").strip() for text in (value, params.get("EMAIL", ""))}
    return bool(person) and person.strip().casefold() in addresses


def forget_others(component: RawComponent, person: str) -> None:
    """Drop the lines of all attendees except this person."""
    address = person.strip().casefold()
    component.lines = [
        line for line in component.lines if line[:8].upper() != "ATTENDEE" or (address and address in line.casefold())
    ]


def is_free(params: Mapping[str, str]) -> bool:
    """Whether a period of a VFREEBUSY is a free one."""
    return params.get("FBTYPE", "").strip().upper() == "FREE"


def _answer(attendee: Property) -> str:
    return "".join(attendee.params.get("PARTSTAT", "").split()).upper()


def _words(properties: Mapping[str, Iterable[Property]], name: str) -> set[str]:
    """A state's values, without spaces and in capitals."""
    return {"".join(one.value.split()).upper().replace("-", "").replace("_", "") for one in properties.get(name, ())}
