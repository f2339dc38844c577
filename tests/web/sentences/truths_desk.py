"""When the sentences of desks, lists, the board and the outcomes are true."""

from __future__ import annotations

from datetime import timedelta
from re import Match
from typing import Any

from tests.web.sentences.scene import CLOCK, NAME, Scene, Truths, always, claim, is_span
from tests.web.sentences.truths_asked import LABELS, OFFERS
from tests.web.sentences.truths_states import ANY_STATE, STATES, TICKET
from tests.web.sentences.truths_states import OUTCOMES as OUTCOMES_OF

LIVE = ("taken", "on_call")


def _mine(s: Scene, *states: str) -> list[Any]:
    """The calls of this desk's agent in these states, newest first."""
    mine = [one for one in s.rows.all_calls if one.person == s.view.about.id and one.state in states]
    return sorted(mine, key=lambda one: one.accepted_at, reverse=True)


def _asked(s: Scene, *states: str) -> list[Any]:
    return [one for one in s.rows.all_offers if one.person == s.view.about.id and one.state in states]


def _state(s: Scene, *states: str) -> bool:
    return s.view.about.state in states


def _newest_asked(s: Scene) -> Any:
    return max(
        _asked(s, "offered", "accepted", "done", "declined", "expired", "withdrawn", "missed", "vanished"),
        key=lambda one: one.made_at,
    )


CHOICES = (
    "product fault|missing feature|unclear documentation|wrong use|billing|other|reply in the ticket|another call|"
    "bug report|change to the "
    "documentation|none|product|documentation|training|process|sails|hull|engine|electronics|–"
)
PASSED = {
    "it ran out before it was answered": "expired",
    "you declined it": "declined",
    "the call was cancelled, moved or taken back": "withdrawn",
    "you had taken it, but your desk lost its connection before you joined, and somebody else took it": "expired",
    "you had taken it, but your desk lost its connection before you joined, so somebody else is looked for": "expired",
    "you had taken it and didn’t join in time, so somebody else is looked for": "missed",
}
SHIFT = r" · your shift runs all day"
DESK: Truths = (
    *TICKET,
    *LABELS,
    *OFFERS,
    claim(rf"(?P<name>{NAME})", lambda s, m: m["name"] in (s.view.about.name, s.e.customer_name)),
    claim(
        rf"Available since (?P<clock>{CLOCK}){SHIFT}",
        lambda s, m: (
            _state(s, "available") and s.is_clock(m["clock"], s.view.about.since) and not _mine(s, *LIVE, "wrapping_up")
        ),
    ),
    claim(rf"Offline{SHIFT}", lambda s, _: s.view.about.state in (None, "offline") or _silent(s)),
    claim(
        rf"Away: an offer ran out unanswered since (?P<clock>{CLOCK}){SHIFT}",
        lambda s, m: _state(s, "away") and s.is_clock(m["clock"], s.view.about.since) and bool(_asked(s, "expired")),
    ),
    claim(
        rf"Call taken: join by (?P<clock>{CLOCK}), or somebody else is asked{SHIFT}",
        lambda s, m: bool(_mine(s, "taken")) and s.is_clock(m["clock"], _grace(_mine(s, "taken")[0])),
    ),
    claim(
        rf"Call taken since (?P<clock>{CLOCK}){SHIFT}",
        lambda s, m: (
            s.is_clock(m["clock"], _mine(s, "taken")[0].accepted_at)
            or s.is_clock(m["clock"], _mine(s, "taken")[0].agent_joined_at)
        ),
    ),
    claim(
        rf"On the call since (?P<clock>{CLOCK}){SHIFT}",
        lambda s, m: any(
            s.is_clock(m["clock"], x)
            for x in (_mine(s, "on_call")[0].agent_joined_at, _mine(s, "on_call")[0].customer_joined_at)
        ),
    ),
    claim(
        rf"Wrapping up until (?P<clock>{CLOCK}); then calls can be offered to you again{SHIFT}",
        lambda s, m: s.is_clock(m["clock"], _mine(s, "wrapping_up")[0].ended_at + timedelta(minutes=5)),
    ),
    claim(
        r"No offer right now\.|The next one will appear here automatically, with its context\.",
        lambda s, _: not _asked(s, "offered") and _state(s, "available"),
    ),
    claim(
        r"You are offline\.|No calls are offered to you until you are available\.",
        lambda s, _: s.view.about.state in (None, "offline"),
    ),
    claim(r"You are away\.|No calls are offered to you until you are back\.", lambda s, _: _state(s, "away")),
    claim(r"I’m available", lambda s, _: s.view.about.state != "available"),
    claim(r"Accept the call|Decline", lambda s, _: bool(_asked(s, "offered"))),
    claim(
        r"Offer (?P<span>\d+ s) to answer",
        lambda s, m: is_span(m["span"], (_asked(s, "offered")[0].expires_at - s.now).total_seconds()),
    ),
    claim(
        r"Why you: in calls for (?P<busy>.+) in the last 4 hours",
        lambda s, m: f"least busy: {m['busy']} in the last 4 hours" in _asked(s, "offered")[0].why["values"],
    ),
    claim(
        r"Pool “(?P<pool>[^”]+)”: (?P<value>least busy: .+)\.",
        lambda s, m: any(m["pool"] in x.why["pool"] and m["value"] in x.why["values"] for x in s.rows.offers),
    ),
    claim(
        r"Round (?P<round>\d+) matched all due calls to the people who were free\.",
        lambda s, m: int(m["round"]) in [x.round for x in s.rows.offers],
    ),
    claim(r"Rule “(?P<rule>[^”]+)”: .+\.", lambda s, m: m["rule"] == s.e.rule),
    claim(r"Context: ticket, customer, why you", lambda s, _: bool(_asked(s, "offered", "accepted"))),
    claim(rf"(?P<choice>{CHOICES})", lambda s, _: bool(_mine(s, "wrapping_up"))),
    claim(r"What customers said of earlier calls", lambda s, _: bool(s.rows.all_ratings)),
    claim(
        r"Engine stops at sea (?P<day>\w{3} \d+ \w{3})",
        lambda s, m: any(
            f"{x.opened_at:%a} {x.opened_at.day} {x.opened_at:%b}" == m["day"] for x in s.rows.escalations
        ),
    ),
    claim(rf"(?P<state>{ANY_STATE})", lambda s, m: any(_named(x) == m["state"] for x in s.rows.escalations)),
    claim(r"done", lambda s, _: "no wrap-up" in [_fate(s, x) for x in _mine(s, "done")]),
    claim(
        r"When a ticket can’t be solved in writing, escalate it: the customer picks a time, and whoever is free "
        r"and has the right skills takes the call\.",
        always,
    ),
    claim(
        r"This is their first escalation\.",
        lambda s, _: [x.id for x in s.rows.escalations if x.customer == s.e.customer] == [s.e.id],
    ),
    claim(
        rf"The offer made at (?P<clock>{CLOCK}) has passed: (?P<why>[^.]+)\.",
        lambda s, m: any(
            s.is_clock(m["clock"], x.made_at) and x.state == PASSED[m["why"]] for x in _asked(s, *PASSED.values())
        ),
    ),
    claim(r"Join the call|Join again|End the call", lambda s, _: bool(_mine(s, *LIVE))),
    claim(rf"Engine stops at sea, (?P<name>{NAME})\.", lambda s, m: m["name"] == s.e.customer_name),
    claim(
        rf"(?P<clock>{CLOCK}) Engine stops at sea · (?P<name>{NAME})",
        lambda s, m: any(
            s.is_clock(m["clock"], y)
            for x in _mine(s, *LIVE, "wrapping_up", "done", "missed")
            for y in (x.starts_at, x.accepted_at)
        ),
    ),
    claim(
        r"Engine stops at sea · (?P<name>[A-Z]\w+ [A-Z]\w+)(?:, (?P<day>\w{3} \d+ \w{3}))?",
        lambda s, m: m["name"] == s.e.customer_name,
    ),
    claim(
        rf"Your call(?:, (?P<clock>{CLOCK}))? (?:starts in (?P<left>[^;]+); )?the customer has not joined yet",
        lambda s, m: _mine(s, "taken")[0].customer_joined_at is None and _starts(s, m),
    ),
    claim(
        rf"(?:Your call|On the call)(?:, (?P<clock>{CLOCK}))? (?P<name>{NAME}) joined at (?P<at>{CLOCK})",
        lambda s, m: (
            s.is_clock(m["at"], _mine(s, *LIVE)[0].customer_joined_at)
            and (m["clock"] is None or s.is_clock(m["clock"], _mine(s, *LIVE)[0].starts_at))
        ),
    ),
    claim(
        rf"(?P<name>{NAME}) is alone in the call\.|Join again within 30 seconds, or somebody else will be asked\.",
        lambda s, _: _mine(s, "on_call")[0].alone_at is not None,
    ),
    claim(
        rf"Wrap up ended (?P<at>{CLOCK}); calls can be offered to you again from (?P<from>{CLOCK}), and "
        rf"this is closed at (?P<until>{CLOCK})",
        lambda s, m: all(
            s.is_clock(m[k], _mine(s, "wrapping_up")[0].ended_at + timedelta(minutes=n))
            for k, n in (("at", 0), ("from", 5), ("until", 15))
        ),
    ),
    claim(
        r"Wrap up|Was it solved\?|Yes|No|Follow-up|Cause|Area|Gap|Note \(for colleagues; the customer "
        r"doesn’t see it\)",
        lambda s, _: bool(_mine(s, "wrapping_up")),
    ),
    claim(
        r"No calls yet today\.|Calls you accept will be listed here\.",
        lambda s, _: not [x for x in _mine(s, *LIVE, "wrapping_up", "done") if x.accepted_at.date() == s.now.date()],
    ),
    claim(
        r"No escalations yet\.",
        lambda s, _: not [x for x in s.rows.escalations if x.opened_by == f"person:{s.view.about.id}"],
    ),
    claim(
        r"taken|on the call|to wrap up|solved|not solved|follow-up|customer no-show|no wrap-up",
        lambda s, m: m[0] in [_fate(s, x) for x in _mine(s, *LIVE, "wrapping_up", "done", "missed")],
    ),
    claim(
        r"(?:(?P<fate>solved|not solved|follow-up), )?rated (?P<score>\d) out of 5(?: (?P<words>.+))?",
        lambda s, m: any((str(x.score), x.comment) == (m["score"], m["words"] or "") for x in s.rows.all_ratings),
    ),
    claim(
        r"(?P<mail>\S+@\S+)(?: · (?P<place>[\w ]+) time)?(?: · (?P<language>\w+))?",
        lambda s, m: (
            m["mail"] == s.e.email
            and (m["place"] is None or (s.e.customer_zone or s.e.zone_given).endswith(m["place"].replace(" ", "_")))
        ),
    ),
    claim(
        rf"(?P<name>{NAME}) (?:(?P<now>waiting now)|starts (?P<clock>{CLOCK}) \(in (?P<left>[^)]+)\)|) "
        rf"?zendesk (?P<number>\d+) .+",
        lambda s, m: (
            m["number"] == s.e.ticket_id
            and (
                m["clock"] is None
                or (
                    s.is_clock(m["clock"], s.rows.calls[-1].starts_at)
                    and is_span(m["left"], (s.rows.calls[-1].starts_at - s.now).total_seconds())
                )
            )
        ),
    ),
    claim(r"(?P<value>hull|engine|billing|electronics|normal|urgent|safety|no|7|3 days|none)", always),
)


def _named(escalation: Any) -> str:
    return OUTCOMES_OF[escalation.outcome] if escalation.state == "closed" else STATES[escalation.state]


def _silent(s: Scene) -> bool:
    return bool(s.now - s.view.about.seen_at > timedelta(seconds=17))


def _grace(call: Any) -> Any:
    return max(call.starts_at or call.accepted_at, call.accepted_at) + timedelta(minutes=2)


def _starts(s: Scene, m: Match[str]) -> bool:
    call = _mine(s, "taken")[0]
    if m["left"] and not is_span(m["left"], (call.starts_at - s.now).total_seconds()):
        return False
    return m["clock"] is None or s.is_clock(m["clock"], call.starts_at)


def _fate(s: Scene, call: Any) -> str:
    done = {x.call: x.resolved for x in s.rows.all_wrap_ups}
    if call.state == "done":
        return {"yes": "solved", "no": "not solved", "follow_up": "follow-up"}.get(done.get(call.id, ""), "no wrap-up")
    return {"taken": "taken", "on_call": "on the call", "wrapping_up": "to wrap up", "missed": "customer no-show"}[
        call.state
    ]
