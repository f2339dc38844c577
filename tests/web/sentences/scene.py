"""One view with the rows at that moment, as the truths look at them, and the words for times."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from re import Match, Pattern
from typing import Any
from zoneinfo import ZoneInfo

from tests.web.sentences.rows import Rows
from tests.web.sentences.views import View

STAFF_ZONE = "Europe/Copenhagen"
CLOCK = r"\d\d:\d\d(?::\d\d)?"
WHEN = rf"[A-Z][a-z]{{2}} \d{{1,2}} [A-Z][a-z]{{2}}, {CLOCK}"
LONG = rf"[A-Z][a-z]+day \d{{1,2}} [A-Z][a-z]+ \d{{4}} at {CLOCK} \([A-Za-z_/]+, UTC[+-]\d{{1,2}}(?::\d\d)?\)"
NAME = r"[A-Z][a-z]+ [A-Z][a-z]+"
GIVES_UP_AFTER = {"Engines": 5, "Invoices": 4, "otherwise": 4}
"""Minutes, as the rules say."""


@dataclass(frozen=True)
class Scene:
    rows: Rows
    view: View

    @property
    def now(self) -> datetime:
        return self.rows.now

    @property
    def e(self) -> Any:
        return self.rows.escalation

    @property
    def zone(self) -> str:
        """The reader's."""
        inside = self.view.page in ("agent join", "story", "raised", "desk", "list", "board", "outcomes")
        inside = inside or (self.view.page == "mail" and not self.to_customer)
        return STAFF_ZONE if inside else str(self.e.customer_zone or self.rows.escalation.zone_given or STAFF_ZONE)

    @property
    def to_customer(self) -> bool:
        return bool(self.view.about.recipient == self.e.email)

    @property
    def link(self) -> Any:
        """The customer's link whose page this is, or that led to the page's call."""
        if self.view.page == "customer":
            return self.view.about
        return next((one for one in self.rows.links if one.nth == self.call.nth), None)

    @property
    def call(self) -> Any:
        """The call that the view is about; None if there is none."""
        page, about = self.view.page, self.view.about
        if page == "join":
            return about
        if page in ("agent join", "rate"):
            return self._call(about.call)
        if page == "customer":
            return next((one for one in self.rows.calls if one.nth == about.nth), None)
        if page == "mail" and about.params.get("call"):
            return self._call(about.params["call"])
        return self.rows.calls[-1] if self.rows.calls else None

    def _call(self, number: Any) -> Any:
        return next((one for one in self.rows.calls if str(one.id) == str(number)), None)

    @property
    def call_state(self) -> str:
        return "" if self.call is None else str(self.call.state)

    @property
    def offers(self) -> list[Any]:
        """Those of the view's call."""
        return [] if self.call is None else [one for one in self.rows.offers if one.call == self.call.id]

    def offered(self, *states: str) -> list[Any]:
        return [one for one in self.offers if one.state in states]

    @property
    def taken_by(self) -> Any:
        """The offer of whoever has the call, or had it until it ended; None before somebody takes it."""
        if self.call is None or self.call.person is None:
            return None
        return next((one for one in reversed(self.offers) if one.person == self.call.person), None)

    @property
    def before(self) -> str:
        """The state of the call before the one of this link."""
        return next((str(one.state) for one in self.rows.calls if one.nth == self.link.nth - 1), "")

    def times_taken(self) -> int:
        return len(self.rows.happened("accepted", call_id=str(self.call.id)))

    def mail(self, kind: str) -> str:
        """The state of the newest mail of this kind about the view's call, or "" if there is none."""
        about = [one for one in self.rows.mails(kind) if one.channel == "mail"]
        if self.call is not None:
            # A mail with a further link names the link, every other one the call.
            mine = (str(self.call.id), self.call.nth + 1)
            about = [one for one in about if one.params.get("call", one.params.get("link", mine[1])) in mine]
        return str(about[-1].state) if about else ""

    def gives_up_at(self) -> datetime:
        began: datetime = self.call.search_began_at or self.call.muster_at
        return began + timedelta(minutes=GIVES_UP_AFTER[self.e.rule])

    def is_clock(self, text: str, moment: datetime | None) -> bool:
        return moment is not None and text in _clocks(self._local(moment))

    def is_when(self, text: str, moment: datetime | None) -> bool:
        """Whether this is that moment in the reader's zone, to the minute or to the second."""
        if moment is None:
            return False
        local = self._local(moment)
        return text in [f"{local:%a} {local.day} {local:%b}, {clock}" for clock in _clocks(local)]

    def is_long(self, text: str, moment: datetime | None) -> bool:
        """The same for ``Tuesday 2 March 2027 at 12:00 (Europe/Copenhagen, UTC+1)``."""
        if moment is None:
            return False
        local = self._local(moment)
        hours = (local.utcoffset() or timedelta()) / timedelta(hours=1)
        sign, (whole, part) = "-" if hours < 0 else "+", divmod(abs(hours), 1)
        offset = f"UTC{sign}{int(whole)}" + (f":{int(part * 60):02}" if part else "")
        said = [f"{local:%A} {local.day} {local:%B %Y} at {one} ({self.zone}, {offset})" for one in _clocks(local)]
        return text in said

    def is_place(self, text: str) -> bool:
        return text == self.zone.rpartition("/")[2].replace("_", " ")

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone))


def _clocks(local: datetime) -> list[str]:
    return [f"{local:%H:%M:%S}", f"{local:%H:%M}"]


def is_span(text: str, seconds: float) -> bool:
    """Whether ``1 h 55 min``, ``20 minutes``, ``45 s`` or ``2 days 3 hours`` is about that long."""
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    parts = re.findall(r"(\d+) ([a-z]+)", text)
    said = sum(int(number) * units[unit[0]] for number, unit in parts)
    smallest = min((units[unit[0]] for _, unit in parts), default=1)
    return bool(parts) and abs(said - seconds) <= smallest * 0.51


Predicate = Callable[[Scene, Match[str]], bool]


@dataclass(frozen=True)
class Claim:
    """A kind of sentence, and when it is true."""

    pattern: Pattern[str]
    is_true: Predicate


def always(_: Scene, __: Match[str]) -> bool:
    """Of sentences about Muster as such, which are so in every life."""
    return True


def claim(pattern: str, is_true: Predicate) -> Claim:
    return Claim(re.compile(pattern), is_true)


Truths = Sequence[Claim]
