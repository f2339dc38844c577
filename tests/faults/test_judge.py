"""The judge finds what it is there to find."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from tests.faults.evidence import Evidence, Row
from tests.faults.judge import judge
from tests.faults.ledger import Answer, Entry, Ledger

CALL, ONE = "call-1", "escalation-1"


def evidence(**rows: list[Row]) -> Evidence:
    found: dict[str, list[Row]] = defaultdict(list)
    found["person"] = [{"id": 1, "name": "Anna"}, {"id": 2, "name": "Noor"}]
    found.update(rows)
    return Evidence(found, [])


def event(seq: int, kind: str, second: int, **body: Any) -> Row:
    at = f"2026-11-24T10:00:{second:02}+00:00"
    return {"escalation": ONE, "seq": seq, "kind": kind, "at": at, "told_at": at, "body": {"call_id": CALL} | body}


def asked(what: str, answer: Answer, **about: Any) -> Ledger:
    ledger = Ledger("http://127.0.0.1")
    ledger.entries.append(Entry(what, about, 0.0, [answer]))
    return ledger


@pytest.mark.parametrize(
    ("what", "about"),
    [
        ("open", {"id": ONE, "ticket": "1"}),
        ("book", {"escalation": ONE, "start": "2026-11-24T10:30:00Z"}),
        ("move", {"escalation": ONE, "start": "2026-11-24T10:30:00Z"}),
        ("cancel", {"escalation": ONE}),
        ("accept", {"call": CALL, "nth": 1, "person": "Anna"}),
        ("end", {"call": CALL}),
        ("wrap-up", {"call": CALL, "note": "words"}),
        ("rate", {"escalation": ONE, "score": 5}),
    ],
)
def test_what_was_acknowledged_and_is_not_there_is_lost(what: str, about: dict[str, Any]) -> None:
    assert len(judge(asked(what, Answer.OK, **about), evidence(), ()).lost) == 1
    assert judge(asked(what, Answer.REFUSED, **about), evidence(), ()).clean


def test_what_never_got_an_answer_is_unsettled() -> None:
    assert judge(asked("book", Answer.UNKNOWN), evidence(), ()).unsettled


def test_a_call_with_two_people_and_a_person_with_two_calls_are_doubled() -> None:
    both = [event(1, "accepted", 1, person=1), event(2, "accepted", 5, person=2)]
    assert len(judge(Ledger(""), evidence(escalation_event=both), ()).doubled) == 1
    handed_on = [both[0], event(2, "agent_missed", 4, person=1), event(3, "accepted", 5, person=2)]
    assert judge(Ledger(""), evidence(escalation_event=handed_on), ()).clean
    elsewhere = event(1, "accepted", 3, person=1) | {"escalation": "escalation-2"}
    elsewhere["body"]["call_id"] = "call-2"
    assert len(judge(Ledger(""), evidence(escalation_event=[both[0], elsewhere]), ()).doubled) == 1


def test_a_taken_call_that_is_offered_again_is_doubled() -> None:
    offer = {"call": CALL, "person": 2, "state": "expired", "made_at": "2026-11-24T10:00:03+00:00"}
    rows = evidence(escalation_event=[event(1, "accepted", 1, person=1)], offer=[offer])
    assert len(judge(Ledger(""), rows, ()).doubled) == 1


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("booking", {"link": 1}),
        ("rating", {"call": CALL, "escalation": ONE, "score": 5}),
        ("escalation", {"id": ONE, "ticket_id": "1"}),
        ("offer", {"call": CALL, "person": 1, "state": "done", "made_at": "2026-11-24T10:00:03+00:00"}),
    ],
)
def test_a_row_that_stands_twice_is_doubled(table: str, row: Row) -> None:
    assert judge(Ledger(""), evidence(**{table: [row]}), ()).clean
    assert len(judge(Ledger(""), evidence(**{table: [row, row]}), ()).doubled) == 1


def test_letters_are_counted_by_their_message() -> None:
    message = {"id": "m1", "escalation": ONE, "channel": "mail", "kind": "survey", "state": "sent", "recipient": "a"}
    mail = {"headers": {"Message-ID": "<m1@host>"}, "to": "a", "subject": "s", "text": "t", "ics": ""}
    rows = evidence(message=[message])
    assert len(judge(Ledger(""), rows, {"survey"}).lost) == 1
    rows.mails[:] = [mail, mail]
    assert judge(Ledger(""), rows, {"survey"}).clean
    assert judge(Ledger(""), rows, {"invitation"}).unexpected == ["a letter survey"]
    rows.mails[:] = [mail, mail | {"text": "other"}]
    assert len(judge(Ledger(""), rows, {"survey"}).doubled) == 1
    rows.mails[:] = [mail, mail, mail]
    assert len(judge(Ledger(""), rows, {"survey"}).doubled) == 1


def test_an_export_that_was_cut_off_is_no_evidence() -> None:
    with pytest.raises(AssertionError, match="not whole"):
        Evidence.of(Ledger(""), json.dumps({"type": "end", "lines": 3}), [])


def test_what_went_wrong_on_our_side_is_unexpected() -> None:
    repaired = evidence(escalation_event=[event(1, "repaired", 1)])
    assert judge(Ledger(""), repaired, ()).unexpected
    assert judge(Ledger(""), evidence(), (), ["web.log: ERROR"]).unexpected == ["web.log: ERROR"]
