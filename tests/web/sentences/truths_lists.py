"""When the sentences of lists, the board and the outcomes are true."""

from __future__ import annotations

from datetime import timedelta
from re import Match
from statistics import median
from typing import Any

from tests.web.sentences.scene import CLOCK, NAME, WHEN, Scene, Truths, always, claim, is_span
from tests.web.sentences.truths_asked import LABELS
from tests.web.sentences.truths_states import ANY_STATE, TICKET, is_state

LIVE = ("taken", "on_call")


LIST: Truths = (
    *TICKET,
    *LABELS,
    claim(r"Opened|Opened on|a message failed|\d+ (?:minutes|hour|day|week)", always),
    claim(
        rf"(?P<name>{NAME})", lambda s, m: m["name"] in ("Otto Ops", s.e.customer_name, s.taken_by and s.taken_by.name)
    ),
    claim(r"(?P<mail>\S+@\S+)", lambda s, m: m["mail"] == s.e.email),
    claim(
        rf"(?P<when>{WHEN})",
        lambda s, m: any(s.is_when(m["when"], x) for x in (s.e.opened_at, s.e.updated_at, s.call and s.call.starts_at)),
    ),
    claim(rf"{ANY_STATE}", lambda s, m: is_state(s, m[0])),
    claim(
        rf"open (?P<open>\d) all 1 (?P<state>{ANY_STATE}|closed) 1",
        lambda s, m: (
            (m["open"] == "1") == (s.e.state not in ("closed", "refused", "rating"))
            and (s.e.state == "closed" if m["state"] == "closed" else is_state(s, m["state"]))
        ),
    ),
    claim(
        r"call now|not booked",
        lambda s, m: (
            m[0]
            == (
                "call now"
                if s.call is not None and s.call.starts_at is None
                else "not booked"
                if s.call is None or s.e.state == "invited"
                else ""
            )
        ),
    ),
    claim(rf"asked: (?P<name>{NAME})", lambda s, m: [x.name for x in s.offered("offered")] == [m["name"]]),
    claim(
        r"(?P<n>\d) messages? failed",
        lambda s, m: int(m["n"]) == len([x for x in s.rows.messages if x.state == "failed"]),
    ),
    claim(
        r"just now|(?P<span>\d+ \w+) ago",
        lambda s, m: (
            (s.now - s.e.updated_at).total_seconds() < 10
            if m["span"] is None
            else is_span(m["span"], (s.now - s.e.updated_at).total_seconds())
        ),
    ),
    claim(
        r"Searched in all states, archived ones too, for tickets with the number (?P<n>\d+)\.",
        lambda s, m: m["n"] == s.e.ticket_id,
    ),
    claim(r"Engines|otherwise|Invoices|Answered in the manual|Support|Office", always),
)


def _waiting(s: Scene) -> list[Any]:
    return [x for x in s.rows.all_calls if x.state == "waiting" and x.muster_at <= s.now]


def _on_call(s: Scene) -> set[Any]:
    return {x.person for x in s.rows.all_calls if x.state in ("taken", "on_call", "wrapping_up") and x.person}


def _agents(s: Scene) -> list[Any]:
    return [x for x in s.rows.people if "agent" in x.roles and x.team]


def _available(s: Scene) -> list[Any]:
    there = [x for x in _agents(s) if x.state == "available" and s.now - x.seen_at < timedelta(seconds=17)]
    asked = {x.person for x in s.rows.all_offers if x.state in ("offered", "accepted")}
    return [x for x in there if x.id not in asked]


BOARD: Truths = (
    claim(r"Marta Manager", always),
    claim(r"Seats in the next 6 hours (?P<place>\w+) time", lambda s, m: s.is_place(m["place"])),
    claim(r"free \(the number shown\); taken: sold, still on a call, or above the occupancy limit\.", always),
    claim(r"(?P<n>\d+) waiting for somebody", lambda s, m: int(m["n"]) == len(_waiting(s))),
    claim(
        r"(?P<n>\d+) open offers?",
        lambda s, m: int(m["n"]) == len([x for x in s.rows.all_offers if x.state == "offered"]),
    ),
    claim(r"(?P<n>\d+) on a call", lambda s, m: int(m["n"]) == len(_on_call(s))),
    claim(r"(?P<n>\d+) free now", lambda s, m: int(m["n"]) == len(_available(s))),
    claim(
        r"(?P<n>\d+) on shift(?:, (?P<away>\d+) away)?",
        lambda s, m: (
            int(m["n"]) == len(_agents(s)) and int(m["away"] or 0) == len([x for x in _agents(s) if x.state == "away"])
        ),
    ),
    claim(r"(?P<n>\d+) due within the hour", lambda s, m: int(m["n"]) == len(_due(s))),
    claim(r"No booked calls are due within the hour\.", lambda s, _: not _due(s)),
    claim(r"No open offers\.", lambda s, _: not [x for x in s.rows.all_offers if x.state == "offered"]),
    claim(r"Nobody is waiting\.", lambda s, _: not _waiting(s)),
    claim(rf"(?P<clock>{CLOCK})", lambda s, m: m["clock"].endswith((":00", ":30"))),
    claim(
        r"(?P<free>\d) of (?P<there>\d) free, (?P<sold>\d) sold",
        lambda s, m: int(m["free"]) + int(m["sold"]) <= int(m["there"]) and m["there"] in "125",
    ),
    claim(r"A column of full height stands for (?P<n>\d) on shift\.", lambda s, m: m["n"] in "125"),
    claim(
        r"(?P<pool>Marine Engineer|Support|Office|Advisor) (?P<sold>\d) sold",
        lambda s, m: int(m["sold"]) <= len([x for x in s.rows.all_bookings if x.state == "sold"]),
    ),
    claim(
        rf"Engine stops at sea (?P<pool>Marine Engineer|Support|Office) · (?:call now|booked for "
        rf"(?P<start>{CLOCK}))(?P<here>, the customer is waiting)? "
        rf"(?:(?P<name>{NAME}) has until (?P<until>{CLOCK}) to answer|searching since "
        rf"(?P<since>{CLOCK})(?:, at step (?P<step>\d) of its plan)?\.?|search starts at (?P<from>{CLOCK}))",
        lambda s, m: any(_line(s, m, x) for x in s.rows.all_calls),
    ),
    claim(
        r"None active: every booked call can be served, and nobody has spent 85 % or more of their time on calls\.",
        always,
    ),
    claim(r"Nobody free: (?P<why>.+)", lambda s, _: not _available(s)),
    claim(r"(?P<n>\d) free, but none can take it: (?P<why>.+)", lambda s, m: len(_available(s)) == int(m["n"])),
    claim(
        r"(?P<n>\d) of those who are free can take it and will be asked",
        lambda s, m: 0 < int(m["n"]) <= len(_available(s)),
    ),
)


def _due(s: Scene) -> list[Any]:
    return [
        x
        for x in s.rows.all_calls
        if x.state == "waiting" and x.starts_at and s.now < x.muster_at and x.starts_at <= s.now + timedelta(hours=1)
    ]


def _line(s: Scene, m: Match[str], call: Any) -> bool:
    if m["start"] and not s.is_clock(m["start"], call.starts_at):
        return False
    if bool(m["here"]) != (call.customer_joined_at is not None):
        return False
    asked = [x for x in s.rows.all_offers if x.call == call.id and x.state == "offered"]
    if m["name"]:
        return any(x.name == m["name"] and s.is_clock(m["until"], x.expires_at) for x in asked)
    if m["since"]:
        return call.state == "waiting" and s.is_clock(m["since"], call.muster_at) and int(m["step"] or 0) == call.step
    return call.state == "waiting" and s.is_clock(m["from"], call.muster_at)


def _served(s: Scene) -> list[Any]:
    """The calls of the last 28 days that both sides joined and that have ended."""
    return [
        x
        for x in s.rows.all_calls
        if x.state in ("wrapping_up", "done")
        and x.customer_joined_at
        and x.agent_joined_at
        and s.now - timedelta(days=28) < x.ended_at < s.now
    ]


def _lost(s: Scene, kind: str) -> int:
    """Escalations of which a call ended like this."""
    return len({x.escalation for x in s.rows.all_events if x.kind == kind and x.at < s.now})


def _wrapped(s: Scene) -> list[Any]:
    served = {x.id for x in _served(s)}
    return [x for x in s.rows.all_wrap_ups if x.call in served]


def _rated(s: Scene) -> list[Any]:
    served = {x.id for x in _served(s)}
    return [x for x in s.rows.all_ratings if x.call in served]


def _minutes(s: Scene) -> list[float]:
    """From the first side's joining until the call was wrapped up or closed."""
    until = {x.id: x.wrapped_up_at or x.ended_at for x in _served(s)}
    return [(until[x.id] - min(x.customer_joined_at, x.agent_joined_at)).total_seconds() / 60 for x in _served(s)]


OUTCOMES: Truths = (
    claim(r"Marta Manager|Resolved|Calls served(?: per day)?|Did not come about|(?:last \d+ days ?)+", always),
    claim(r"Mean rating out of 5, with the number of ratings; a bar stands for at least 5\.", always),
    claim(r"Figures appear automatically once a call has ended\.", always),
    claim(r"Days are in (?P<place>\w+) time\.", lambda s, m: s.is_place(m["place"])),
    claim(
        r"(?P<n>\d+) calls? took place, with both sides joined, in the last 28 days\.",
        lambda s, m: int(m["n"]) == len(_served(s)),
    ),
    claim(
        r"(?P<mean>[\d.–]+) out of 5 was the mean rating, from (?P<n>\d+) ratings? in the last 28 days\.",
        lambda s, m: (
            int(m["n"]) == len(_rated(s))
            and m["mean"] == (f"{sum(x.score for x in _rated(s)) / len(_rated(s)):.1f}" if _rated(s) else "–")
        ),
    ),
    claim(
        r"(?P<share>\d+%|–) of (?P<n>\d+) wrapped-up calls? resolved the problem, in the last 28 days\.",
        lambda s, m: (
            int(m["n"]) == len(_wrapped(s))
            and m["share"]
            == (
                f"{round(100 * len([x for x in _wrapped(s) if x.resolved == 'yes']) / len(_wrapped(s)))}%"
                if _wrapped(s)
                else "–"
            )
        ),
    ),
    claim(
        r"(?P<n>\d+) escalations? had a call that did not come about in the last 28 days: (?P<a>\d+) "
        r"with nobody available, (?P<b>\d+) without the customer\.",
        lambda s, m: int(m["a"]) == _lost(s, "nobody_available") and int(m["b"]) == _lost(s, "customer_missed"),
    ),
    claim(
        r"(?:(?P<minutes>\d+) min|–) was the median time from joining until the call was wrapped up or "
        r"closed, in the last 28 days\.",
        lambda s, m: abs(int(m["minutes"]) - median(_minutes(s))) <= 1.5 if m["minutes"] else not _minutes(s),
    ),
    claim(r"[\d.–]+ replies were on the ticket, on average, before it became a call, in the last 28 days\.", always),
    claim(
        r"Besides, (?P<n>\d+) agents? did not join and (?:was|were) replaced\.",
        lambda s, m: int(m["n"]) == len([x for x in s.rows.all_events if x.kind == "agent_missed" and x.at < s.now]),
    ),
    claim(
        r"Before: (?:nothing to compare with|0)\.",
        lambda s, _: min(x.opened_at for x in s.rows.escalations) > s.now - timedelta(days=35),
    ),
    claim(r"No calls were served in this period", lambda s, _: not _served(s)),
    claim(r"The busiest day had (?P<n>\d+)\.", lambda s, m: 1 <= int(m["n"]) <= len(_served(s))),
    claim(r"[\d.%–]+(?: of \d+| min)?|\d{4}-\d\d-\d\d|\d+ \w{3}\d+ \w{3}", always),
    claim(rf"{NAME}|Support|Office|Advisor|Marine Engineer|Bookkeeper", always),
)
