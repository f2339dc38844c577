"""When the sentences of a customer's pages are true: the link's page, the page for joining, the rating."""

from __future__ import annotations

from datetime import timedelta
from re import Match
from zoneinfo import ZoneInfo

from tests.web.sentences.scene import CLOCK, STAFF_ZONE, WHEN, Scene, Truths, always, claim

WAITING = ("waiting", "offered")
HELD = ("wrapping_up", "done")
RATES = {"1": "very bad", "2": "bad", "3": "fair", "4": "good", "5": "very good"}


def _open(s: Scene) -> bool:
    """A time can be booked with the link."""
    return bool(s.link.state == "open" and s.link.expires_at > s.now and s.e.state == "invited")


def _searching(s: Scene) -> bool:
    return s.call_state == "waiting" and s.call.muster_at <= s.now


def _starts_of(s: Scene, m: Match[str]) -> int:
    """How many starts the rules sell on that day, by the reader's calendar, with everybody free."""
    first = s.now + timedelta(minutes=10)
    start, count = s.now.astimezone(ZoneInfo(STAFF_ZONE)).replace(hour=0, minute=0, second=0, microsecond=0), 0
    for nth in range(4 * 72):
        at = (start + timedelta(minutes=20 * nth)).astimezone(ZoneInfo(s.zone))
        hour = at.astimezone(ZoneInfo(STAFF_ZONE)).hour
        if first <= at <= s.now + timedelta(days=2) and 9 <= hour < 19:
            count += f"{at:%a} {at.day} {at:%b}" == m["day"]
    return count


def _in_hours(s: Scene, m: Match[str]) -> bool:
    """A start that the rules' hours allow, on some day."""
    local = s.now.astimezone(ZoneInfo(s.zone)).replace(hour=int(m["clock"][:2]), minute=int(m["clock"][3:]))
    return _open(s) and 9 <= local.astimezone(ZoneInfo(STAFF_ZONE)).hour < 19


def _begins(s: Scene) -> bool:
    return s.call is not None and s.call.starts_at is not None


def _stands_still(s: Scene) -> bool:
    """No round was held lately, although they are held every two seconds."""
    return _searching(s) and s.now - s.rows.clocks[0].ran_at > timedelta(seconds=10)


def _fresh(s: Scene) -> bool:
    """Nothing is known of a fault of ours."""
    return not _stands_still(s)


def _withdrawn(s: Scene) -> bool:
    return s.e.outcome in ("withdrawn", "ticket_solved")


def _told(s: Scene, state: str) -> bool:
    kinds = ("withdrawn", "nobody_available", "customer_missed")
    return any(s.mail(kind) == state for kind in kinds)


def _nobody_at_a_desk(s: Scene) -> bool:
    """Nobody whom the search asks at this step is available."""
    teams = {"Engines": ("Support",), "Invoices": ("Office",)}.get(s.e.rule, ("Support",))
    titles = ("Marine Engineer",) if s.e.rule == "Engines" and s.call.step < 2 else ()
    asked = {one.person for one in s.offered("declined", "missed", "expired")}
    there = [
        one
        for one in s.rows.people
        if one.id not in asked
        and one.state == "available"
        and s.now - one.seen_at < timedelta(seconds=17)
        and one.team in teams
        and one.since < s.now
    ]
    return _searching(s) and not [one for one in there if not titles or one.title in titles]


CALL = (
    claim(r"(?P<team>\w+) · (?P<desk>[\w ]+)", lambda s, m: (m["team"], m["desk"]) == (s.e.team_name, s.e.desk_name)),
    claim(r"About: (?P<subject>[^,]+)", lambda s, m: m["subject"] == s.e.subject),
    claim(
        r"About: (?P<subject>[^,]+), (?P<minutes>\d+) min",
        lambda s, m: m["subject"] == s.e.subject and any(b.seconds == 60 * int(m["minutes"]) for b in s.rows.bookings),
    ),
    claim(
        rf"(?P<when>{WHEN}) (?P<place>[\w ]+) time",
        lambda s, m: _begins(s) and s.is_when(m["when"], s.call.starts_at) and s.is_place(m["place"]),
    ),
    claim(r"Join now", lambda s, _: s.call_state in ("taken", "on_call")),
    claim(r"I am here", lambda s, _: s.call_state in WAITING),
    claim(r"Your call is over", lambda s, _: s.call_state in HELD),
    claim(r"Thank you for your time\.", lambda s, _: s.call_state in HELD and s.call.customer_joined_at is not None),
    claim(r"This call was called off", lambda s, _: _withdrawn(s)),
    claim(r"It is no longer planned\.", lambda s, _: s.e.outcome == "withdrawn"),
    claim(r"Your ticket has been solved in the meantime\.", lambda s, _: s.e.outcome == "ticket_solved"),
    claim(r"Nothing was booked\.", lambda s, _: not s.rows.bookings and s.call is None),
    claim(r"Your call is cancelled", lambda s, _: s.e.outcome == "cancelled"),
    claim(
        r"You cancelled it, so nobody is waiting for you\.",
        lambda s, _: bool(s.rows.happened("cancelled")) and not s.offered("offered", "accepted"),
    ),
    claim(r"We have emailed you one question about it\.", lambda s, _: s.mail("survey") == "sent"),
    claim(r"A mail with one question is on its way\.", lambda s, _: s.mail("survey") == "queued"),
    claim(r"We have emailed you about it\.", lambda s, _: _told(s, "sent")),
    claim(r"A mail about it is on its way to you\.", lambda s, _: _told(s, "queued")),
    claim(r"This call did not take place", lambda s, _: s.call_state in ("unserved", "missed")),
    claim(
        r"We are sorry: nobody who could help was free\.|We are sorry: nobody was free for your call\.",
        lambda s, _: "unserved" in (s.call_state, s.before),
    ),
    claim(r"This was our fault, not yours\.", lambda s, _: "unserved" in (s.call_state, s.before)),
    claim(
        r"We were there(?: for your call)?, and did not reach you\.|That happens\.",
        lambda s, _: "missed" in (s.call_state, s.before),
    ),
    claim(r"In a moment, this page shows what happens next\.", lambda s, _: s.e.state == "mustering"),
    claim(
        r"This link has expired", lambda s, _: s.call is None and (s.link.expires_at <= s.now or s.e.state == "closed")
    ),
    claim(r"Nothing was booked with it\.", lambda s, _: all(one.link != s.link.id for one in s.rows.bookings)),
    claim(r"There is a newer link", lambda s, _: s.link.nth < len(s.rows.links)),
    claim(r"This one no longer works\.|Please use the newer one\.", lambda s, _: s.link.nth < len(s.rows.links)),
)
BOOKING = (
    claim(r"Book your call|Book the chosen time|No time suits you\?", lambda s, _: _open(s)),
    claim(
        r"(?P<minutes>\d+) min · times in (?P<place>[\w ]+) change",
        lambda s, m: m["minutes"] == "20" and s.is_place(m["place"]),
    ),
    claim(r"(?P<clock>\d\d:\d\d)", _in_hours),
    claim(r"(?P<day>\w{3} \d+ \w{3}) (?P<free>\d+) free", lambda s, m: 0 < int(m["free"]) <= _starts_of(s, m)),
    claim(r"Later on (?P<day>\w{3} \d+ \w{3}) \((?P<more>\d+) more\)", lambda s, m: int(m["more"]) < _starts_of(s, m)),
    claim(r"Pick another time, and that call goes before others\.", lambda s, _: _open(s) and s.link.priority),
    claim(r"Pick another time if you still need us\.", lambda s, _: _open(s) and s.before == "missed"),
    claim(
        r"(?:Write to|Questions\?) (?P<team>\w+)@harborboats\.example", lambda s, m: m["team"] == s.e.team_name.lower()
    ),
)
WAITING_ROOM = (
    claim(r"Your call", lambda s, _: s.call_state in (*WAITING, "taken", "on_call")),
    claim(r"Your call is booked", lambda s, _: s.call_state == "waiting" and _begins(s) and s.now < s.call.muster_at),
    claim(rf"Your call at (?P<clock>{CLOCK})", lambda s, m: _begins(s) and s.is_clock(m["clock"], s.call.starts_at)),
    claim(r"Cancel this call|Cancel the call|Yes, cancel my call", lambda s, _: s.call_state in (*WAITING, "taken")),
    claim(
        rf"Yes, cancel my call on (?P<when>{WHEN}) (?P<place>[\w ]+) time",
        lambda s, m: s.call_state in (*WAITING, "taken") and s.is_when(m["when"], s.call.starts_at),
    ),
    claim(r"Add to calendar Move", lambda s, _: s.call_state == "waiting" and s.now < s.call.muster_at),
    claim(
        r"We will look for someone(?: from (?P<team>\w+))? shortly before your call begins\.",
        lambda s, m: s.now < s.call.muster_at and m["team"] in (None, s.e.team_name),
    ),
    claim(
        r"Shortly before the call, this page will become your waiting room(?P<mail>, and we will email you)?\.",
        lambda s, m: s.now < s.call.muster_at and bool(m["mail"]) == (s.now < s.call.starts_at - timedelta(hours=1)),
    ),
    claim(
        r"We are finding someone(?: from (?P<team>\w+))? for you\.",
        lambda s, m: _searching(s) and _fresh(s) and m["team"] in (None, s.e.team_name),
    ),
    claim(
        r"We expect it to take (?P<estimate>a few minutes|.+)\.",
        lambda s, _: _searching(s) and s.call.estimate is not None,
    ),
    claim(r"You are next\.", lambda s, _: _searching(s) and s.call.place == 1),
    claim(
        r"Nobody(?: from (?P<team>\w+))? who could take your call is at their desk right now\.",
        lambda s, m: m["team"] in (None, s.e.team_name) and _nobody_at_a_desk(s),
    ),
    claim(r"We keep looking\.", lambda s, _: _searching(s)),
    claim(
        rf"If nobody can take your call by (?P<clock>{CLOCK}), we will tell you here and by email"
        r"(?P<again>, and you can book another time)?\.",
        lambda s, m: (
            s.call_state in WAITING
            and s.is_clock(m["clock"], s.gives_up_at())
            and bool(m["again"]) == (len(s.rows.links) < 5)
        ),
    ),
    claim(
        r"We are asking someone from (?P<team>\w+) right now\.",
        lambda s, m: [one.team for one in s.offered("offered")] == [m["team"]],
    ),
    claim(
        r"Someone from (?P<team>\w+) has taken your call and will join you\.",
        lambda s, m: s.call_state == "taken" and s.taken_by.team == m["team"] and s.call.agent_joined_at is None,
    ),
    claim(
        r"Somebody else, from (?P<team>\w+), has taken your call and will join you\.",
        lambda s, m: s.call_state == "taken" and s.taken_by.team == m["team"] and s.times_taken() > 1,
    ),
    claim(
        r"Someone from (?P<team>\w+) is in the room, waiting for you\.",
        lambda s, m: s.call_state == "taken" and s.call.agent_joined_at is not None and s.taken_by.team == m["team"],
    ),
    claim(
        r"Your call has begun: someone from (?P<team>\w+) is in the room\.",
        lambda s, m: s.call_state == "on_call" and s.call.alone_at is None and s.taken_by.team == m["team"],
    ),
    claim(r"Nobody is here|In the room, but nobody else is there\?", lambda s, _: s.call_state == "on_call"),
    claim(
        r"We have called someone from (?P<team>\w+) back to you\.",
        lambda s, m: s.call.alone_at is not None and s.taken_by.team == m["team"],
    ),
    claim(r"If they don't come, we will find another\.", lambda s, _: s.call.alone_at is not None),
    claim(
        r"The person who had taken your call is not coming after all\.|We are sorry\.",
        lambda s, _: s.call_state in WAITING and s.times_taken() > 0,
    ),
    claim(
        r"A fault on our side is holding up our search\.|"
        r"We will continue as soon as it is fixed, and you keep your place\.",
        lambda s, _: _stands_still(s),
    ),
    claim(
        r"A fault on our side held us up, so this is taking longer than usual\.|You have kept your place\.",
        lambda s, _: bool(s.rows.happened("search_interrupted", call_id=str(s.call.id))),
    ),
    claim(r"This page updates by itself\.", lambda s, _: s.call_state in WAITING),
    claim(r"We know you are here\.|Please keep this page open\.", lambda s, _: s.call.customer_joined_at is not None),
)
JOIN: Truths = (
    *CALL,
    claim(r"Thank you", lambda s, _: bool(s.rows.ratings)),
    claim(
        r"Nobody has taken your call yet\.|Please wait on your call’s page until somebody has\.",
        lambda s, _: s.call_state in WAITING,
    ),
    claim(
        r"Not yet: you can join from 15 minutes before the call\.",
        lambda s, _: s.now < s.call.starts_at - timedelta(minutes=15),
    ),
)
AGENT_JOIN: Truths = (
    *CALL,
    claim(r"Thank you", lambda s, _: bool(s.rows.ratings)),
    claim(r"This call is over", lambda s, _: s.call_state in (*HELD, "unserved", "missed", "cancelled")),
    claim(
        r"This call is no longer yours|Somebody else has it, or is looked for\.",
        lambda s, _: s.call.person != s.view.about.person and s.call_state in (*WAITING, "taken", "on_call"),
    ),
    claim(r"The customer did not come\.", lambda s, _: s.call_state == "missed"),
)
RATING: Truths = (
    claim(
        r"About: (?P<subject>[^,]+), (?P<day>\w{3} \d+ \w{3})",
        lambda s, m: (
            m["subject"] == s.e.subject
            and s.is_when(
                f"{m['day']}, {s._local(s.call.starts_at or s.call.accepted_at):%H:%M}",
                s.call.starts_at or s.call.accepted_at,
            )
        ),
    ),
    claim(
        r"How was your call\?|What made the difference\? optional|Send rating|[1-5]|1 is very bad, 5 is very good",
        lambda s, _: not s.rows.ratings and s.call_state in HELD,
    ),
    claim(
        r"You rated this call (?P<score>\d) out of 5: (?P<words>[a-z ]+)\.",
        lambda s, m: [str(one.score) for one in s.rows.ratings] == [m["score"]] and RATES[m["score"]] == m["words"],
    ),
    claim(r"This survey has ended", lambda s, _: not s.rows.ratings and s.view.about.expires_at <= s.now),
    claim(r"Your call was about: (?P<subject>.+)", lambda s, m: m["subject"] == s.e.subject),
    claim(
        r"Thank you for coming back\.|Whoever you talked to can read (?:this|your answer), and so can "
        r"their managers\.",
        always,
    ),
    claim(r"Thank you", lambda s, _: bool(s.rows.ratings)),
    claim(
        r"Very kind\.|Nobody knew the hull\.",
        lambda s, m: [one.comment for one in s.rows.ratings] == [m[0]],
    ),
    claim(
        r"You can change your rating within 24 hours\.",
        lambda s, _: s.rows.ratings[0].at > s.now - timedelta(hours=24),
    ),
)
CALL_BACK: Truths = (
    claim(
        r"We are sorry|It should have gone better\.|Shall we call you back\?|Yes, call me back|"
        r"If you would rather not, there is nothing to do\.",
        lambda s, _: s.rows.ratings[0].score < 3,
    ),
)
RATE: Truths = (*CALL_BACK, *CALL, *RATING)
REQUESTS: Truths = (
    claim(r"Your call is over\.", lambda s, _: s.call_state in HELD),
    claim(r"It can no longer book a call\.|Ask for a new link", lambda s, _: not _open(s) and s.call is None),
    claim(r"Ask for a call", lambda s, _: _withdrawn(s)),
    claim(r"Ask for another time", lambda s, _: s.e.outcome == "not_served"),
    claim(r"Book another time|You can still book another time\.", lambda s, _: s.e.outcome == "cancelled"),
    claim(r"Nothing fits\?|Tell us what would", lambda s, _: _open(s)),
    claim(r"Or write to (?P<team>\w+)@harborboats\.example", lambda s, m: m["team"] == s.e.team_name.lower()),
    claim(
        r"Before 07:00 or after 22:00 on (?P<day>\w{3} \d+ \w{3}) \((?P<more>\d+)\)",
        lambda s, m: int(m["more"]) <= _starts_of(s, m),
    ),
    claim(
        r"\w{3} \d+ \w{3}|Times of day, (?P<place>[\w ]+) time",
        lambda s, m: m["place"] is None or s.is_place(m["place"]),
    ),
)
CUSTOMER: Truths = (*CALL, *BOOKING, *WAITING_ROOM, *RATING, *CALL_BACK, *REQUESTS)
