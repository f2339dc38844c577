"""What the states of escalations are called, and when what their raiser reads is true."""

from __future__ import annotations

import re
from typing import Any

from tests.web.sentences.scene import NAME, WHEN, Scene, Truths, always, claim
from tests.web.sentences.truths_customer import _nobody_at_a_desk

STATES = {
    "invited": "waiting for the customer to book",
    "booked": "booked",
    "mustering": "finding a person",
    "accepted": "taken, not begun",
    "on_call": "on the call",
    "wrapping_up": "being wrapped up",
    "rating": "wrapped up, rating awaited",
    "refused": "not allowed by the rules",
}
OUTCOMES = {
    "resolved": "resolved",
    "unresolved": "not resolved",
    "not_recorded": "called, no wrap-up written",
    "link_expired": "never booked",
    "cancelled": "cancelled by the customer",
    "withdrawn": "withdrawn",
    "ticket_solved": "solved without a call",
    "not_served": "no call came about",
}
ANY_STATE = "|".join(map(re.escape, [*STATES.values(), *OUTCOMES.values()]))


def is_state(s: Scene, words: str) -> bool:
    said = words.lower()
    return said == (OUTCOMES[s.e.outcome] if s.e.state == "closed" else STATES[s.e.state])


def _newest(s: Scene) -> str:
    return str(s.rows.calls[-1].state) if s.rows.calls else ""


def _first_mail(s: Scene) -> str:
    """The state of the mail with the newest link."""
    kinds = ("invitation", "call_now", "nobody_available", "customer_missed")
    newest = [one for one in s.rows.mails(*kinds) if one.channel == "mail"]
    return str(newest[-1].state) if newest else ""


PLANS: dict[str, Any] = {
    "otherwise": {"to": 'team "Support"', "steps": [(240, "offer booking")]},
    "Engines": {
        "to": 'title "Marine Engineer"',
        "steps": [(60, "alert the team lead"), (120, 'widen to title "Advisor"'), (300, "offer booking")],
    },
    "Invoices": {"to": 'team "Office"', "steps": [(120, "alert the duty manager"), (240, "offer booking")]},
    "Answered in the manual": {"to": None, "steps": []},
}
"""Whom each of the rules sends its calls to, and its steps: seconds, and what is done."""
TICKET: Truths = (
    claim(r"zendesk (?P<number>\d+)", lambda s, m: s.e.ticket_id == m["number"]),
    claim(r"Engine stops at sea", lambda s, m: s.e.subject == m[0]),
    claim(
        rf"(?P<name>{NAME}), (?P<mail>\S+@\S+)", lambda s, m: (m["name"], m["mail"]) == (s.e.customer_name, s.e.email)
    ),
    claim(
        r"Nobody in (?P<n>\d+) (?P<unit>s|min): (?P<step>.+)\.|after (?P<n2>\d+) (?P<unit2>s|min): (?P<step2>.+)",
        lambda s, m: (
            (int(m["n"] or m["n2"]) * (60 if (m["unit"] or m["unit2"]) == "min" else 1), m["step"] or m["step2"])
            in PLANS[s.e.rule]["steps"]
        ),
    ),
)
RAISED: Truths = (
    *TICKET,
    claim(rf"(?i:{ANY_STATE})", lambda s, m: is_state(s, m[0])),
    claim(
        rf"(?P<when>{WHEN}) Copenhagen time",
        lambda s, m: s.is_when(m["when"], s.e.opened_at),
    ),
    claim(
        rf"(?P<when>{WHEN}) Copenhagen time\.",
        lambda s, m: s.e.state == "booked" and s.is_when(m["when"], s.rows.calls[-1].starts_at),
    ),
    claim(
        r"Whoever is free and has the right skills at that time is asked to take the call\.",
        lambda s, _: s.e.state == "booked",
    ),
    claim(
        r"The call goes to (?P<to>.+); it lasts (?P<minutes>\d+) min\.",
        lambda s, m: m["to"] == PLANS[s.e.rule]["to"] and m["minutes"] == "20",
    ),
    claim(
        r"A person is asked 5 min before it starts, and has 45 s to answer\.",
        lambda s, _: s.e.mode == "booking" or len(s.rows.links) > 1,
    ),
    claim(
        r"A person is asked as soon as one is free, and has 45 s to answer\.",
        lambda s, _: s.e.mode == "now" and len(s.rows.links) == 1,
    ),
    claim(
        r"Decided by rule “(?P<rule>[^”]+)”: .+; under version 1 of the rules \(“the first rules”\)\.",
        lambda s, m: m["rule"] == s.e.rule,
    ),
    claim(
        r"Rule “(?P<rule>[^”]+)”: The manual answers this\.",
        lambda s, m: s.e.state == "refused" and m["rule"] == s.e.rule,
    ),
    claim(
        rf"(?P<name>{NAME}) can pick a time with the link below\.|There is nothing more for you to do\.",
        lambda s, _: s.e.state == "invited" and s.rows.links[-1].expires_at > s.now,
    ),
    claim(
        rf"The link has expired, and (?P<name>{NAME}) has not booked with it\.",
        lambda s, _: s.rows.links[-1].expires_at <= s.now and s.e.state == "invited",
    ),
    claim(
        rf"(?P<name>{NAME}) has a new link, and can pick another time\.",
        lambda s, _: s.e.state == "invited" and len(s.rows.links) > 1 and s.rows.links[-1].state == "open",
    ),
    claim(rf"(?P<name>{NAME}) did not come to the call\.", lambda s, _: _newest(s) == "missed"),
    claim(r"Nobody was available for the call\.", lambda s, _: _newest(s) == "unserved"),
    claim(
        rf"(?P<name>{NAME}) can wait on the page linked below\.",
        lambda s, _: s.e.state == "mustering" and s.e.mode == "now",
    ),
    claim(r"The search for a person is under way\.|The search goes on\.", lambda s, _: _newest(s) == "waiting"),
    claim(r"Nobody who could take the call is at their desk right now\.", lambda s, _: _nobody_at_a_desk(s)),
    claim(r"Somebody is being asked to take the call right now\.", lambda s, _: bool(s.offered("offered"))),
    claim(r"Somebody has taken the call\.", lambda s, _: _newest(s) == "taken"),
    claim(r"Somebody has taken the call, and it has begun\.", lambda s, _: _newest(s) == "on_call"),
    claim(r"The call has ended, and is being wrapped up\.", lambda s, _: _newest(s) == "wrapping_up"),
    claim(rf"Last changed (?P<when>{WHEN}) Copenhagen time\.", lambda s, m: s.is_when(m["when"], s.e.updated_at)),
    claim(r"It was also emailed to (?P<mail>\S+)\.", lambda s, m: _first_mail(s) == "sent" and m["mail"] == s.e.email),
    claim(
        r"It is also being emailed to (?P<mail>\S+)\.",
        lambda s, m: _first_mail(s) == "queued" and m["mail"] == s.e.email,
    ),
    claim(
        r"It could not be emailed to (?P<mail>\S+)\.",
        lambda s, m: _first_mail(s) == "failed" and m["mail"] == s.e.email,
    ),
    claim(
        r"The customer’s link|Paste it into the ticket if you like\.",
        lambda s, _: s.e.state not in ("closed", "refused"),
    ),
    claim(
        rf"It books one call(?: and expires on (?P<when>{WHEN}) Copenhagen time)?\.",
        lambda s, m: m["when"] is None or s.is_when(m["when"], s.rows.links[-1].expires_at.replace(second=0)),
    ),
    claim(
        r"It leads into the call\.",
        lambda s, _: bool(s.rows.calls) and s.e.state in ("mustering", "accepted", "on_call", "booked"),
    ),
    claim(r"Back to the desk(?: Open and closed times)?", always),
    claim(rf"{NAME}", lambda s, m: m[0] == s.view.about.name),
    claim(r"Opened|Why", always),
)
