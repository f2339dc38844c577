"""When the headline of an escalation's page for support ops, and what it says comes next, are true."""

from __future__ import annotations

from datetime import datetime, timedelta
from re import Match

from tests.web.sentences.scene import CLOCK, NAME, WHEN, Scene, Truths, always, claim, is_span
from tests.web.sentences.truths_customer import WAITING
from tests.web.sentences.truths_states import ANY_STATE, is_state

AT = rf"(?P<when>{WHEN}) Copenhagen time"
RELATIVE = r"(?: \((?P<relative>(?:in|due) [^)]+)\))?"


def _relative(s: Scene, m: Match[str], moment: datetime | None) -> bool:
    """Whether ``in 5 min`` or ``due 3 min ago`` fits the moment."""
    said = m["relative"]
    if said is None or moment is None:
        return said is None
    left = (moment - s.now).total_seconds()
    if said == "due just now":
        return -10 < left <= 10
    return is_span(said, left if said.startswith("in") else -left)


def _next(s: Scene, m: Match[str], moment: datetime | None, group: str = "when") -> bool:
    """Whether the moment is the one said, absolutely and relatively."""
    is_it = s.is_when if group == "when" else s.is_clock
    return (group not in m.re.groupindex or is_it(m[group], moment)) and _relative(s, m, moment)


def _asked_until(s: Scene) -> datetime | None:
    return next((one.expires_at for one in s.offered("offered")), None)


def _latest_join(s: Scene) -> datetime | None:
    if s.call is None or s.call.accepted_at is None:
        return None
    start: datetime = max(s.call.starts_at or s.call.accepted_at, s.call.accepted_at)
    return start + timedelta(minutes=10)


def _survey_ends(s: Scene) -> datetime | None:
    return s.rows.surveys[0].expires_at if s.rows.surveys else None


def _asked_for_rating_at(s: Scene) -> datetime:
    ended: datetime = s.call.ended_at
    return ended + timedelta(minutes=30)


HEADLINE: Truths = (
    claim(rf"[◷◎●✓▲✕] (?P<state>{ANY_STATE})", lambda s, m: is_state(s, m["state"])),
    claim(rf"(?P<state>(?i:{ANY_STATE}))\.", lambda s, m: is_state(s, m["state"])),
    claim(rf"Waiting for (?P<name>{NAME}) to book a time\.", lambda s, _: s.e.state == "invited"),
    claim(
        rf"Otherwise, the link expires {AT}\.{RELATIVE}",
        lambda s, m: s.e.state == "invited" and _next(s, m, s.rows.links[-1].expires_at.replace(second=0)),
    ),
    claim(rf"Booked for {AT}\.", lambda s, m: s.e.state == "booked" and s.is_when(m["when"], s.call.starts_at)),
    claim(
        rf"The search for a person begins at (?P<clock>{CLOCK})\.{RELATIVE}",
        lambda s, m: s.call_state == "waiting" and _next(s, m, s.call.muster_at, "clock"),
    ),
    claim(r"The search found nobody\.", lambda s, _: bool(s.rows.happened("exhausted", call_id=str(s.call.id)))),
    claim(
        rf"(?P<name>{NAME}) is told in a moment\.", lambda s, _: s.call_state == "unserved" and s.e.state == "mustering"
    ),
    claim(r"The search for a person is about to begin\.", lambda s, _: s.call.search_began_at is None),
    claim(
        rf"Looking for a person since (?P<clock>{CLOCK})\.",
        lambda s, m: s.call_state in WAITING and s.is_clock(m["clock"], s.call.muster_at),
    ),
    claim(
        rf"If nobody takes it, (?P<name>{NAME}) is told at (?P<clock>{CLOCK})\.{RELATIVE}",
        lambda s, m: s.call_state in WAITING and _next(s, m, s.gives_up_at(), "clock"),
    ),
    claim(rf"Offered to (?P<name>{NAME})\.", lambda s, m: [one.name for one in s.offered("offered")] == [m["name"]]),
    claim(rf"If they don’t take it, the search goes on\.{RELATIVE}", lambda s, m: _relative(s, m, _asked_until(s))),
    claim(
        rf"(?P<name>{NAME}) has taken the call\.", lambda s, m: s.call_state == "taken" and s.taken_by.name == m["name"]
    ),
    claim(
        rf"It begins {AT}\.{RELATIVE}",
        lambda s, m: s.call_state == "taken" and _next(s, m, s.call.starts_at),
    ),
    claim(
        rf"(?P<name>{NAME}) is expected now; we wait until (?P<clock>{CLOCK})\.{RELATIVE}",
        lambda s, m: s.call.customer_joined_at is None and _next(s, m, _latest_join(s), "clock"),
    ),
    claim(
        rf"(?P<name>{NAME}) is waiting in the room\.",
        lambda s, _: s.call_state == "taken" and s.call.customer_joined_at is not None,
    ),
    claim(
        rf"(?P<agent>{NAME}) is on the call with (?P<name>{NAME})\.",
        lambda s, m: s.call_state == "on_call" and s.taken_by.name == m["agent"] and m["name"] == s.e.customer_name,
    ),
    claim(r"Next: the wrap-up\.", lambda s, _: s.call_state == "on_call"),
    claim(
        rf"(?P<name>{NAME}) is writing the wrap-up\.",
        lambda s, m: s.call_state == "wrapping_up" and s.taken_by.name == m["name"],
    ),
    claim(
        rf"Next, the customer is asked for a rating\.{RELATIVE}",
        lambda s, m: s.call_state == "wrapping_up" and _relative(s, m, _asked_for_rating_at(s)),
    ),
    claim(r"The call is over, without a wrap-up\.", lambda s, _: s.call_state == "done" and not s.rows.wrap_ups),
    claim(r"The call is over and wrapped up\.", lambda s, _: s.call_state == "done" and bool(s.rows.wrap_ups)),
    claim(
        rf"(?P<name>{NAME}) will be asked for a rating {AT}\.{RELATIVE}",
        lambda s, m: not s.rows.surveys and _next(s, m, _asked_for_rating_at(s)),
    ),
    claim(
        rf"Without a rating, the survey ends\.{RELATIVE}",
        lambda s, m: not s.rows.ratings and _relative(s, m, _survey_ends(s)),
    ),
    claim(
        r"Nothing more will happen\.|There is nothing left to nudge or withdraw here\.",
        lambda s, _: s.e.state in ("closed", "refused", "rating"),
    ),
    claim(r"\(due just now\)", lambda s, _: True),
    claim(r"Remind the customer now\.", lambda s, _: s.e.state == "invited"),
    claim(r"Search for somebody again now\.", lambda s, _: s.e.state == "mustering"),
    claim(
        r"Let the workflow read everything that happened again\.|Nudge",
        lambda s, _: s.e.state not in ("closed", "refused"),
    ),
    claim(
        r"Withdraw this escalation|Reason for withdrawing",
        lambda s, _: s.e.state not in ("closed", "refused", "rating"),
    ),
    claim(r"Open and closed times", always),
)
