"""When the sentences of mails are true, as they would be sent at that moment."""

from __future__ import annotations

from re import Match
from typing import Any

from tests.web.sentences.scene import LONG, NAME, Scene, Truths, always, claim, is_span
from tests.web.sentences.truths_customer import RATES, WAITING


def _link(s: Scene) -> Any:
    """The link that the mail leads to."""
    if nth := s.view.about.params.get("link"):
        return next(one for one in s.rows.links if one.nth == nth)
    return s.rows.links[-1]


def _link_open(s: Scene) -> bool:
    return bool(_link(s).state == "open" and _link(s).expires_at > s.now)


def _booking(s: Scene) -> Any:
    number = s.view.about.params.get("booking")
    return next((one for one in s.rows.bookings if one.id == number), None)


def _holds(s: Scene) -> bool:
    """The booking that the mail is about is in force as it says."""
    booking, params = _booking(s), s.view.about.params
    return bool(booking is not None and booking.state == "sold" and booking.sequence == params["sequence"])


def _starts(s: Scene, text: str) -> bool:
    return s.call is not None and s.call.starts_at is not None and s.is_long(text, s.call.starts_at)


def _booked_for(s: Scene, m: Match[str]) -> bool:
    """The time that was booked when the mail was written."""
    return any(s.is_long(m["long"], one) for one in _starts_ever(s)) and m["minutes"] == "20"


def _starts_ever(s: Scene) -> list[Any]:
    named = [one.starts_at for one in s.rows.bookings]
    return [*named, *(one.starts_at for one in s.rows.calls if one.starts_at is not None)]


def _begins(s: Scene, m: Match[str]) -> bool:
    left = (s.call.starts_at - s.now).total_seconds()
    if m["ago"]:
        return left < 0 and is_span(m["ago"], -left)
    return -1 <= left <= 30 if m["now"] else left > 0 and is_span(m["left"], left)


BEGINS = r"(?:begins in (?P<left>[\d a-z]+?)|begins (?P<now>now)|was due to begin (?P<ago>[\d a-z]+?) ago)"
ABOUT = r"“Engine stops at sea”"
KIND = {
    "invitation": r"Pick a time for your call: Engine stops at sea|We would like to talk to you about “Engine stops at "
    r"sea”\.|Some things are solved faster by talking\.|Choose a time that suits you\.",
}


def _is(*kinds: str) -> Any:
    return lambda s, _: s.view.about.kind in kinds


MAIL: Truths = (
    claim(r"Support|Office", lambda s, m: m[0] == s.e.team_name),
    claim(r"Harbor Boats support", lambda s, m: m[0] == s.e.desk_name),
    claim(r"Hello,", lambda s, _: not s.to_customer),
    claim(
        rf"Hello (?P<name>{NAME}),",
        lambda s, m: (
            m["name"] == s.e.customer_name
            if s.to_customer
            else m["name"] in [one.name for one in s.rows.people if one.email == s.view.about.recipient]
        ),
    ),
    claim(rf"{KIND['invitation']}", lambda s, _: s.e.state == "invited" and _link_open(s)),
    claim(r"Shortly before it, we look for someone from our team who can help\.", lambda s, _: _link_open(s)),
    claim(
        rf"It is open until (?P<long>{LONG})\.|Your link is open until (?P<also>{LONG})\.",
        lambda s, m: _link_open(s) and s.is_long(m["long"] or m["also"], _link(s).expires_at),
    ),
    claim(r"The link is yours alone and books one call\.|Book your call:", lambda s, _: _link_open(s)),
    claim(
        r"You have not picked a time for our call about “Engine stops at sea” yet\.|"
        r"You can still book your call: Engine stops at sea",
        lambda s, _: _link_open(s) and s.e.state == "invited",
    ),
    claim(
        r"If you no longer need the call, there is nothing to do: the link ends by itself\.", lambda s, _: _link_open(s)
    ),
    claim(
        rf"Your call (?:about {ABOUT} )?is booked:(?: Engine stops at sea)?|You can move or cancel the "
        rf"call there, too\.",
        lambda s, _: _holds(s),
    ),
    claim(r"An entry for your calendar is attached\.", lambda s, _: _booking(s) is not None),
    claim(rf"(?P<long>{LONG}), (?P<minutes>\d+) minutes", _booked_for),
    claim(rf"(?P<long>{LONG})", lambda s, m: _starts(s, m["long"])),
    claim(
        rf"Your call has moved: Engine stops at sea|Your call about {ABOUT} now takes place:",
        lambda s, _: _holds(s) and bool(s.rows.happened("moved")),
    ),
    claim(r"The earlier time no longer holds\.", lambda s, _: bool(s.rows.happened("moved"))),
    claim(
        rf"Your call is cancelled: Engine stops at sea|As you asked, we have cancelled your call about {ABOUT}\.",
        lambda s, _: bool(s.rows.happened("cancelled")),
    ),
    claim(r"It would have been on", lambda s, _: s.e.outcome in ("cancelled", "withdrawn", "ticket_solved")),
    claim(r"If you still need us, just reply to this mail\.", lambda s, _: s.to_customer),
    claim(
        rf"Your call is called off: Engine stops at sea|We have called off your call about {ABOUT}, because "
        r"(?:(?P<solved>your ticket has been solved in the meantime)|it is no longer planned)\.",
        lambda s, m: (
            s.e.outcome == ("ticket_solved" if m["solved"] else "withdrawn")
            or (not m["solved"] and s.e.outcome == "ticket_solved" and "because" not in m[0])
        ),
    ),
    claim(r"If that is not right, or you still need us, just reply to this mail\.", lambda s, _: s.e.state == "closed"),
    claim(
        rf"Your call (?:with (?P<with>{NAME}) )?(?:about {ABOUT} )?{BEGINS}:(?: Engine stops at sea)?",
        lambda s, m: (
            s.call_state in (*WAITING, "taken", "on_call") and m["with"] in (None, s.e.customer_name) and _begins(s, m)
        ),
    ),
    claim(
        r"Open this page now\.",
        lambda s, _: (
            s.call_state in (*WAITING, "taken", "on_call")
            and (s.call.starts_at is None or s.call.starts_at < s.now or s.view.about.kind != "reminder")
        ),
    ),
    claim(
        r"Open this page when it is time\.|You can come a few minutes early\.",
        lambda s, _: s.call_state in (*WAITING, "taken") or s.call.starts_at > s.now,
    ),
    claim(
        r"If the time no longer suits you, you can (?P<move>move or )?cancel the call on the same page\.",
        lambda s, m: bool(m["move"]) == _may_move(s) and s.call_state in (*WAITING, "taken"),
    ),
    claim(r"Join the call:", lambda s, _: s.call_state in (*WAITING, "taken", "on_call")),
    claim(r"See your call:|Go to your call:", lambda s, _: s.call is not None),
    claim(
        rf"Join your call now: Engine stops at sea|We would like to talk to you about {ABOUT} right away\.|"
        r"It tells you how far we are, and lets you into the call\.|If it does not suit you now, just "
        r"reply to this mail\.",
        lambda s, _: (
            s.e.mode == "now" and s.call.nth == 1 and s.call_state in (*WAITING, "taken", "on_call", "wrapping_up")
        ),
    ),
    claim(
        rf"Nobody has taken this call yet: Engine stops at sea|Nobody has taken the call with (?P<name>{NAME}) about "
        rf"{ABOUT} yet\.|Someone who comes on now may still take it\.|The search goes on\.",
        lambda s, _: s.call_state in WAITING,
    ),
    claim(
        r"It was a call now for (?P<team>\w+)\.", lambda s, m: s.call.starts_at is None and m["team"] == s.e.team_name
    ),
    claim(
        rf"It was booked with (?P<team>\w+) for (?P<long>{LONG})\.",
        lambda s, m: _starts(s, m["long"]) and m["team"] == s.e.team_name,
    ),
    claim(
        rf"Nobody was available: Engine stops at sea|The search for someone to take the call with "
        rf"(?P<name>{NAME}) about "
        rf"{ABOUT} has ended without anyone\.",
        lambda s, _: s.call_state == "unserved",
    ),
    claim(
        r"We write to the customer as well, with a link that books with priority\.",
        lambda s, _: bool([x for x in s.rows.mails("nobody_available") if x.params.get("link") == s.call.nth + 1]),
    ),
    claim(r"We write to the customer as well\.", lambda s, _: s.mail("nobody_available") != ""),
    claim(
        r"We could not take your call: Engine stops at sea|Nobody who could help was free\.|This was "
        r"our fault, not yours\."
        rf"|We are sorry: we could not find anyone for your call about {ABOUT}\.",
        lambda s, _: s.rows.calls[-1].state == "unserved" or s.rows.calls[-2].state == "unserved",
    ),
    claim(
        r"With this link you can book another time\.|Book with priority:|Your call then goes before others\.",
        lambda s, _: _link_open(s) and _link(s).priority,
    ),
    claim(
        r"We missed you: Engine stops at sea|That happens\.",
        lambda s, _: "missed" in [one.state for one in s.rows.calls],
    ),
    claim(
        rf"We were there for our call about {ABOUT}(?: on (?P<long>{LONG}))?, and did not reach you\.",
        lambda s, m: s.call_state == "missed" and (m["long"] is None or _starts(s, m["long"])),
    ),
    claim(r"Here is a fresh link, to pick another time if you like\.|Book another time:", lambda s, _: _link_open(s)),
    claim(
        rf"We are here for your call: Engine stops at sea|Our team is in your call about {ABOUT} and waits for you\.|"
        r"If you can't come now, there is nothing to do: we will write to you again\.",
        lambda s, _: s.call_state == "taken" and s.call.agent_joined_at is not None and not s.call.customer_joined_at,
    ),
    claim(
        rf"How was your call\?|How was it\?|Would you tell us how your call was\?|Thank you for talking "
        rf"to us about {ABOUT}\.|"
        rf"A little while ago we talked about {ABOUT}\.|We would still like to know how it was\.|Rate your call:",
        lambda s, _: (
            s.call_state in ("wrapping_up", "done") and s.call.customer_joined_at is not None and not s.rows.ratings
        ),
    ),
    claim(
        rf"You can answer until (?P<long>{LONG})\.",
        lambda s, m: (
            s.is_long(m["long"], s.rows.surveys[0].expires_at.replace(second=0))
            and s.rows.surveys[0].expires_at > s.now
        ),
    ),
    claim(
        r"Choose a number(?:; nothing is saved until you send it on the page that opens)?\.|"
        r"It opens a page where you can add a few words; nothing is saved until you send it there\.",
        always,
    ),
    claim(
        r"(?P<score>[1-5]), (?P<words>[a-z ]+): http://127\.0\.0\.1:8700/rate/\S+\?score=(?P<same>[1-5])",
        lambda s, m: m["score"] == m["same"] and RATES[m["score"]] == m["words"] and not s.rows.ratings,
    ),
    claim(r"See the escalation:", lambda s, _: not s.to_customer),
    claim(
        r"One question, half a minute\.|Whoever you talked to can read your answer, and so can their managers\.", always
    ),
    claim(r"This is the last time that we ask\.", _is("survey_again")),
    claim(
        rf"A call was rated (?P<score>\d) of 5: Engine stops at sea|(?P<name>{NAME}) rated the call about {ABOUT} "
        r"(?P<also>\d) of 5\.",
        lambda s, m: [str(one.score) for one in s.rows.ratings] == [m["score"] or m["also"]],
    ),
    claim(rf"It was taken by (?P<name>{NAME})\.", lambda s, m: s.taken_by.name == m["name"]),
    claim(r"“(?P<words>.+)”", lambda s, m: [one.comment for one in s.rows.ratings] == [m["words"]]),
    claim(r"They left no words\.", lambda s, _: [one.comment for one in s.rows.ratings] == [""]),
    claim(r"Engine stops at sea", lambda s, m: s.e.subject == m[0]),
    claim(r"http://127\.0\.0\.1:8700/(?P<path>\S+)", lambda s, m: bool(m["path"])),
)


def _may_move(s: Scene) -> bool:
    return bool(s.call_state == "waiting" and s.now < s.call.muster_at)
