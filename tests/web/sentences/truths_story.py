"""When the sentences of an escalation's page for support ops are true: its headline, story, offers and messages."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from tests.web.sentences.scene import NAME, WHEN, Scene, Truths, claim, is_span
from tests.web.sentences.truths_asked import LABELS, MESSAGES, OFFERS
from tests.web.sentences.truths_headline import AT, HEADLINE
from tests.web.sentences.truths_states import PLANS, TICKET

OPENERS = {"api:test": "The API (test)", "webhook:harbor": "The webhook (harbor)"}


def _actor(s: Scene, actor: str) -> str:
    """What an actor's name in the rows is called."""
    if actor.startswith("person:"):
        return str(s.rows.person(int(actor[7:])).name)
    return OPENERS[actor]


def _happened(s: Scene, kind: str, name: str | None = None, **body: Any) -> bool:
    """Whether it happened to, or by, this person."""
    found = s.rows.happened(kind, **body)
    return any(name in (None, s.e.customer_name) or s.rows.person(one.body.get("person")).name == name for one in found)


def _acted(s: Scene, kind: str, name: str) -> bool:
    return any(name in (_by(s, one), s.e.customer_name) for one in s.rows.happened(kind))


def _by(s: Scene, event: Any) -> str:
    number = event.body.get("person") or (int(event.actor[7:]) if event.actor.startswith("person:") else None)
    return "" if number is None else str(s.rows.person(number).name)


def _mails(s: Scene, kinds: tuple[str, ...], state: str) -> bool:
    return any(one.state == state and one.recipient == s.e.email for one in s.rows.mails(*kinds))


def _told(s: Scene, kinds: tuple[str, ...], names: str, state: str) -> bool:
    """Exactly these people, and the alert channel if it is named, have a message of these kinds in this state."""
    said = set(re.split(r", | and ", names))
    found = [one for one in s.rows.mails(*kinds) if one.recipient != s.e.email and one.state == state]
    people = {one.email: one.name for one in s.rows.people}
    return said == {people.get(one.recipient, "the alert channel") for one in found}


DECISION: Truths = (
    *TICKET,
    claim(
        rf"Decided {AT} by version 1 of the rules \(“the first rules”\); kept until the escalation ends\.",
        lambda s, m: s.is_when(m["when"], s.e.opened_at),
    ),
    claim(
        r"Rule “(?P<rule>[^”]+)”: (?P<to>.*)\.",
        lambda s, m: m["rule"] == s.e.rule and m["to"] == (PLANS[s.e.rule]["to"] or "no call"),
    ),
    claim(
        r"(?P<how>matched|did not match): “(?P<rule>[^”]+)”, line \d+: .+ \((?:product area is "
        r"(?P<area>\w+)|no rule above applies)\)",
        lambda s, m: (
            (m["how"] == "matched") == (m["rule"] == s.e.rule)
            and m["area"] in (None, s.e.facts.get("product area", "unknown"))
        ),
    ),
    claim(
        r"(?P<value>hull|engine|billing|electronics|normal|urgent|safety|no|7|3 days)",
        lambda s, m: any(_fact(value) == m["value"] for value in s.e.facts.values()),
    ),
    claim(rf"(?P<name>{NAME})", lambda s, m: m["name"] in ("Otto Ops", s.e.customer_name)),
    claim(
        rf"(?P<who>The \w+ \(\w+\)|{NAME}), a (?:(?P<now>call now)|booked call)",
        lambda s, m: m["who"] == _actor(s, s.e.opened_by) and bool(m["now"]) == (s.e.mode == "now"),
    ),
    claim(
        r"Copenhagen|New York|Kolkata",
        lambda s, m: (s.e.customer_zone or s.e.zone_given).endswith(m[0].replace(" ", "_")),
    ),
)


def _fact(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value == 3 * 86400:
        return "3 days"
    return ", ".join(value) if isinstance(value, list) else str(value)


EVENTS: Truths = (
    claim(rf"(?P<when>{WHEN})", lambda s, m: any(s.is_when(m["when"], one.at) for one in s.rows.events)),
    claim(
        rf"(?P<who>The \w+ \(\w+\)|{NAME}) escalated the ticket\.", lambda s, m: m["who"] == _actor(s, s.e.opened_by)
    ),
    claim(
        r"Rule [“\"](?P<rule>[^”\"]+)[”\"](?: (?P<does>allows a call|does not allow a call)\.|: The "
        r"manual answers this\.)",
        lambda s, m: m["rule"] == s.e.rule and (m["does"] == "allows a call") == (s.e.state != "refused"),
    ),
    claim(
        rf"A (?P<kind>booking|priority) link was mailed to (?P<name>{NAME})\.",
        lambda s, m: _link_mail(s, m["kind"], "sent"),
    ),
    claim(
        rf"The mail with a (?P<kind>booking|priority) link is on its way to (?P<name>{NAME})\.",
        lambda s, m: _link_mail(s, m["kind"], "queued"),
    ),
    claim(
        rf"The mail with a (?P<kind>booking|priority) link to (?P<name>{NAME}) could not be delivered\.",
        lambda s, m: _link_mail(s, m["kind"], "failed"),
    ),
    claim(
        rf"The link expires {AT}\.",
        lambda s, m: any(s.is_when(m["when"], x.expires_at.replace(second=0)) for x in s.rows.links),
    ),
    claim(
        rf"A reminder of the link is on its way to (?P<name>{NAME})\.",
        lambda s, _: _mails(s, ("invitation_again",), "queued"),
    ),
    claim(
        rf"(?P<name>{NAME}) was reminded of the link by mail\.", lambda s, _: _mails(s, ("invitation_again",), "sent")
    ),
    claim(
        rf"The link expired; (?P<name>{NAME}) had not booked\.",
        lambda s, _: _happened(s, "link_expired") and not s.rows.bookings,
    ),
    claim(
        rf"(?P<name>{NAME}) nudged it: the customer gets the link again\.",
        lambda s, m: _acted(s, "nudged", m["name"]) and _happened(s, "link_nudged"),
    ),
    claim(
        rf"(?P<name>{NAME}) nudged it: the workflow gets its events again, and a round looks at the call "
        r"\((?P<state>[a-z ]+)\)\.",
        lambda s, m: _acted(s, "nudged", m["name"]) and m["state"] in ("waiting", s.call_state),
    ),
    claim(
        rf"(?P<name>{NAME}) booked {AT}\.",
        lambda s, m: any(_body_time(s, m["when"], one) for one in s.rows.happened("booked")),
    ),
    claim(
        rf"(?P<name>{NAME}) moved the call from (?P<before>{WHEN}) Copenhagen time to {AT}\.",
        lambda s, m: (
            any(_body_time(s, m["when"], one) for one in s.rows.happened("moved"))
            and any(_body_time(s, m["before"], one) for one in s.rows.happened("booked", "moved"))
        ),
    ),
    claim(rf"(?P<name>{NAME}) cancelled the call\.", lambda s, _: _happened(s, "cancelled")),
    claim(
        rf"(?P<who>The \w+ \(\w+\)|{NAME}) withdrew the escalation(?P<rest>; .+)?\.",
        lambda s, m: m["who"] == _actor(s, s.rows.happened("withdrawn")[0].actor) and _withdrawal(s, m["rest"] or ""),
    ),
    claim(r"The search for a person began\.", lambda s, _: _happened(s, "muster_began")),
    claim(
        rf"The call was offered to (?P<name>{NAME})\.", lambda s, m: m["name"] in [one.name for one in s.rows.offers]
    ),
    claim(rf"(?P<name>{NAME}) accepted the call\.", lambda s, m: _happened(s, "accepted", m["name"])),
    claim(rf"(?P<name>{NAME}) declined the call\.", lambda s, m: _acted(s, "declined", m["name"])),
    claim(rf"(?P<name>{NAME}) did not answer in time\.", lambda s, m: _happened(s, "offer_expired", m["name"])),
    claim(
        rf"(?P<name>{NAME}) had accepted the call and did not join; the search for somebody else went on\.",
        lambda s, m: _happened(s, "agent_missed", m["name"]) and _happened(s, "accepted", m["name"]),
    ),
    claim(
        rf"(?P<name>{NAME}) had accepted the call and was no longer at the desk; the search went on\.",
        lambda s, m: _happened(s, "agent_vanished", m["name"]) and _happened(s, "accepted", m["name"]),
    ),
    claim(
        r"Nobody had taken it, so the next step began: (?P<step>.+)\.",
        lambda s, m: m["step"] in [one.body["step"] for one in s.rows.happened("step_taken")],
    ),
    claim(
        r"Nobody had taken it \((?P<step>[^)]+)\): (?P<names>.+) (?:was|were) told\.",
        lambda s, m: _happened(s, "alerted", step=m["step"]) and _told(s, ("lead_alert",), m["names"], "sent"),
    ),
    claim(
        r"Nobody had taken it \((?P<step>[^)]+)\): a message to (?P<names>.+) is on its way\.",
        lambda s, m: _happened(s, "alerted", step=m["step"]) and _told(s, ("lead_alert",), m["names"], "queued"),
    ),
    claim(
        r"Nobody was available; (?P<customer>[^;]+); (?P<staff>[^;]+)\.",
        lambda s, m: (
            _happened(s, "nobody_available")
            and _customer(s, "nobody_available", m["customer"])
            and _staff(s, "manager_nobody", m["staff"])
        ),
    ),
    claim(
        rf"(?P<name>{NAME}) did not join; (?P<customer>[^;]+)\.",
        lambda s, m: _happened(s, "customer_missed") and _customer(s, "customer_missed", m["customer"]),
    ),
    claim(
        rf"(?P<name>{NAME}) had not joined; (?:(?P<sent>{NAME} was asked by mail to come)|a mail is on "
        rf"its way to {NAME})\.",
        lambda s, m: (
            _happened(s, "customer_called_for")
            and _mails(s, ("customer_called_for",), "sent" if m["sent"] else "queued")
        ),
    ),
    claim(
        rf"(?P<name>{NAME}) joined\.",
        lambda s, m: (
            _happened(s, "customer_joined")
            if m["name"] == s.e.customer_name
            else _happened(s, "agent_joined") and _happened(s, "accepted", m["name"])
        ),
    ),
    claim(r"Both sides had joined, and the call began\.", lambda s, _: _happened(s, "call_began")),
    claim(
        rf"(?P<name>{NAME}) said that nobody was in the room; the desk of (?P<agent>{NAME}) asks them to come back\.",
        lambda s, m: _happened(s, "customer_alone") and m["agent"] in [one.name for one in s.rows.offers],
    ),
    claim(rf"(?P<name>{NAME}) ended the call\.", lambda s, m: _acted(s, "call_ended", m["name"])),
    claim(
        rf"(?P<name>{NAME}) wrapped up: (?P<result>resolved|not resolved|a follow-up is needed)\.",
        lambda s, m: (
            [(x.name, x.resolved) for x in s.rows.wrap_ups]
            == [(m["name"], {"resolved": "yes", "not resolved": "no"}.get(m["result"], "follow_up"))]
        ),
    ),
    claim(
        rf"A reminder of the call is on its way to (?P<name>{NAME})\.", lambda s, _: _mails(s, ("reminder",), "queued")
    ),
    claim(rf"(?P<name>{NAME}) was reminded of the call by mail\.", lambda s, _: _mails(s, ("reminder",), "sent")),
    claim(
        rf"The agent’s reminder of the call was due; (?:a message to (?P<queued>{NAME}) is on its "
        rf"way|(?P<sent>{NAME}) was told)\.",
        lambda s, m: _told(s, ("agent_reminder",), m["queued"] or m["sent"], "queued" if m["queued"] else "sent"),
    ),
    claim(rf"(?P<name>{NAME}) was asked for a rating by mail\.", lambda s, _: _mails(s, ("survey",), "sent")),
    claim(
        rf"(?P<name>{NAME}) was asked for a rating again by mail\.", lambda s, _: _mails(s, ("survey_again",), "sent")
    ),
    claim(
        rf"The mail with the survey is on its way to (?P<name>{NAME})\.", lambda s, _: _mails(s, ("survey",), "queued")
    ),
    claim(
        rf"The mail with the survey to (?P<name>{NAME}) could not be delivered\.",
        lambda s, _: _mails(s, ("survey",), "failed"),
    ),
    claim(
        rf"The survey’s reminder is on its way to (?P<name>{NAME})\.",
        lambda s, _: _mails(s, ("survey_again",), "queued"),
    ),
    claim(
        rf"(?P<name>{NAME}) rated the call (?P<score>\d) of 5\.",
        lambda s, m: [str(x.score) for x in s.rows.ratings] == [m["score"]],
    ),
    claim(
        r"The rating was low; (?:a message to (?P<queued>.+) is on its way|(?P<sent>.+) were told)\.",
        lambda s, m: (
            s.rows.ratings[0].score < 3
            and _told(s, ("rating_alert",), m["queued"] or m["sent"], "queued" if m["queued"] else "sent")
        ),
    ),
    claim(
        r"A message \((?P<kind>[a-z ]+)\) to (?P<to>\S+) could not be delivered\.",
        lambda s, m: any(
            x.recipient == m["to"] and x.state == "failed" for x in s.rows.mails(m["kind"].replace(" ", "_"))
        ),
    ),
    claim(
        r"A fault on our side interrupted the search, which may now take (?P<span>.+) longer\.",
        lambda s, m: any(
            is_span(m["span"], x.body.get("extended_by", 0)) for x in s.rows.happened("search_interrupted")
        ),
    ),
    claim(r"The last step found nobody\.", lambda s, _: _happened(s, "exhausted")),
    claim(r"Nobody wrote a wrap-up in time\.", lambda s, _: _happened(s, "wrap_up_missed") and not s.rows.wrap_ups),
    claim(r"The survey ended without a rating\.", lambda s, _: _happened(s, "survey_ended") and not s.rows.ratings),
    claim(r"The escalation was closed\.", lambda s, _: _happened(s, "closed")),
)


def _link_mail(s: Scene, kind: str, state: str) -> bool:
    kinds = ("invitation",) if kind == "booking" else ("nobody_available",)
    return _mails(s, (*kinds, "customer_missed") if kind == "booking" else kinds, state)


def _body_time(s: Scene, text: str, event: Any) -> bool:
    return s.is_when(text, datetime.fromisoformat(event.body["starts_at"]))


def _withdrawal(s: Scene, said: str) -> bool:
    """The clauses about who was told and who no longer has the call."""
    mail = {
        "was told by mail": "sent",
        "is on its way": "queued",
        "could not be delivered": "failed",
        "was not sent": "",
    }
    states = [state for words, state in mail.items() if words in said]
    lost = re.findall(rf"({NAME}) no longer has it", said)
    newest = [one.state for one in s.rows.mails("withdrawn")]
    return states == (newest or [""]) and lost == [one.name for one in s.rows.offers if one.state == "withdrawn"]


def _customer(s: Scene, kind: str, said: str) -> bool:
    """Whether some call's customer was told like this."""
    state = "sent" if "was told by mail" in said else "queued" if "is on its way" in said else "failed"
    return _mails(s, (kind,), state) and ("new link" not in said or any("link" in x.params for x in s.rows.mails(kind)))


def _staff(s: Scene, kind: str, said: str) -> bool:
    state = "queued" if "is on its way" in said else "sent"
    names = re.sub(r"^a message to | is on its way$| (?:was|were) told$", "", said)
    people = {one.email: one.name for one in s.rows.people}
    found = [x for x in s.rows.mails(kind) if x.state == state]
    return set(re.split(r", | and ", names)) == {people.get(x.recipient, "the alert channel") for x in found}


STORY: Truths = (*LABELS, *HEADLINE, *DECISION, *MESSAGES, *EVENTS, *OFFERS)
