"""When the sentences about people asked and messages are true."""

from __future__ import annotations

from typing import Any

from tests.web.sentences.scene import CLOCK, NAME, Truths, always, claim

OFFER_ENDS = {
    "is being asked": ("offered",),
    "has taken it": ("accepted",),
    "took it": ("done",),
    "declined": ("declined",),
    "did not answer": ("expired",),
    "offer withdrawn": ("withdrawn",),
    "took it, but did not join": ("missed",),
    "took it, then was no longer at the desk": ("expired",),
}
OFFERS: Truths = (
    claim(
        rf"(?P<name>{NAME}): (?P<end>{'|'.join(OFFER_ENDS)}) (?P<clock>{CLOCK})",
        lambda s, m: any(
            (x.name == m["name"] and x.state in OFFER_ENDS[m["end"]])
            and (s.is_clock(m["clock"], x.made_at) or s.is_clock(m["clock"], x.answered_at))
            for x in s.rows.offers
        ),
    ),
    claim(rf"Why (?P<name>{NAME})", lambda s, m: m["name"] in [x.name for x in s.rows.offers]),
    claim(
        r"Pool (?P<pool>.+), step (?P<step>\d+), in round (?P<round>\d+)\.",
        lambda s, m: (
            (m["pool"], m["step"], m["round"])
            in [(x.why["pool"], str(x.why["step"]), str(x.round)) for x in s.rows.offers]
        ),
    ),
    claim(
        rf"(?:(?P<name>{NAME}): )?(?P<value>least busy: .+?)(?: \(equal; a stable draw decided\))?",
        lambda s, m: (
            any(m["value"] in x.why["values"] for x in s.rows.offers)
            if m["name"] is None
            else any(c["name"] == m["name"] for x in s.rows.offers for c in x.why["considered"])
        ),
    ),
    claim(r"Also considered:?", lambda s, _: any(x.why["considered"] for x in s.rows.offers)),
    claim(
        r"Nobody else could be asked at that moment\.", lambda s, _: any(not x.why["considered"] for x in s.rows.offers)
    ),
    claim(
        rf"(?P<clause>[a-z][^:]+(?:: [^:]+)?): (?P<names>{NAME}(?:, {NAME})*)",
        lambda s, m: any(_ruled_out(x, m["clause"]) == set(m["names"].split(", ")) for x in s.rows.offers),
    ),
)


def _ruled_out(offer: Any, clause: str) -> set[str]:
    return {one["name"] for one in offer.why["excluded"] if one["clause"] == clause}


MESSAGES: Truths = (
    claim(
        rf"(?P<kind>[a-z ]+) by (?P<channel>mail|webhook) to (?P<to>\S+), (?P<clock>{CLOCK})",
        lambda s, m: any(
            (x.channel, x.recipient) == (m["channel"], m["to"])
            and (s.is_clock(m["clock"], x.created_at) or s.is_clock(m["clock"], x.sent_at))
            for x in s.rows.mails(m["kind"].replace(" ", "_"))
        ),
    ),
    claim(r"queued|sent|failed", lambda s, m: m[0] in [x.state for x in s.rows.messages]),
    claim(r"Send again", lambda s, _: "failed" in [x.state for x in s.rows.messages]),
    claim(r"None sent yet\.", lambda s, _: not s.rows.messages),
    claim(
        r"(?:(?P<attempts>\d+) attempts?; last: )?(?P<error>mailbox unavailable|no such mailbox)",
        lambda s, m: any(
            x.last_error == m["error"] and m["attempts"] in (None, str(x.attempts)) for x in s.rows.messages
        ),
    ),
    claim(
        r"A hose\.|a mistake|it was the fuse|in a meeting|Very kind\.|Nobody knew the hull\.|The "
        r"manual answers this\.",
        lambda s, m: (
            m[0]
            in [
                *(x.note for x in s.rows.wrap_ups),
                *(x.comment for x in s.rows.ratings),
                *(x.body.get("reason") for x in s.rows.events),
            ]
            or s.e.state == "refused"
        ),
    ),
)
LABELS: Truths = (
    claim(r"Escalations · zendesk (?P<number>\d+)", lambda s, m: m["number"] == s.e.ticket_id),
    claim(r"Times are in (?P<place>[\w ]+) time\.", lambda s, m: s.is_place(m["place"])),
    claim(r"People asked", lambda s, _: bool(s.rows.offers)),
    claim(r"Ruled out:?", lambda s, _: any(x.why["excluded"] for x in s.rows.offers)),
    claim(r"Opened by|What happened|reopened", always),
)
