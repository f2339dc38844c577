"""The judge finds every kind of fault."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from tests.faults.judging.evidence import Evidence, Row
from tests.faults.judging.judge import judge
from tests.faults.judging.ledger import Answer, Entry, Ledger

CALL, ONE = "call-1", "escalation-1"


def evidence(**rows: list[Row]) -> Evidence:
    tables: dict[str, list[Row]] = defaultdict(list)
    tables["person"] = [{"id": 1, "name": "Anna"}, {"id": 2, "name": "Noor"}]
    tables.update(rows)
    return Evidence(tables, [])


def event(seq: int, kind: str, second: int, **body: Any) -> Row:
    at = f"2026-11-24T10:00:{second:02}+00:00"
    return {"escalation": ONE, "seq": seq, "kind": kind, "at": at, "told_at": at, "body": {"call_id": CALL} | body}


def ledger_of(what: str, answer: Answer, **about: Any) -> Ledger:
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
def test_an_acknowledged_effect_that_is_missing_is_lost(what: str, about: dict[str, Any]) -> None:
    assert len(judge(ledger_of(what, Answer.OK, **about), evidence(), ()).lost) == 1
    assert judge(ledger_of(what, Answer.REFUSED, **about), evidence(), ()).clean


def test_a_request_without_an_answer_is_unsettled() -> None:
    assert judge(ledger_of("book", Answer.UNKNOWN), evidence(), ()).unsettled


def test_a_call_with_two_people_and_a_person_with_two_calls_are_duplicates() -> None:
    both = [event(1, "accepted", 1, person=1), event(2, "accepted", 5, person=2)]
    assert len(judge(Ledger(""), evidence(escalation_event=both), ()).duplicated) == 1
    handed_on = [both[0], event(2, "agent_missed", 4, person=1), event(3, "accepted", 5, person=2)]
    assert judge(Ledger(""), evidence(escalation_event=handed_on), ()).clean
    elsewhere = event(1, "accepted", 3, person=1) | {"escalation": "escalation-2"}
    elsewhere["body"]["call_id"] = "call-2"
    assert len(judge(Ledger(""), evidence(escalation_event=[both[0], elsewhere]), ()).duplicated) == 1


def test_a_taken_call_that_is_offered_again_is_a_duplicate() -> None:
    offer = {"call": CALL, "person": 2, "state": "expired", "made_at": "2026-11-24T10:00:03+00:00"}
    rows = evidence(escalation_event=[event(1, "accepted", 1, person=1)], offer=[offer])
    assert len(judge(Ledger(""), rows, ()).duplicated) == 1


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("booking", {"link": 1}),
        ("rating", {"call": CALL, "escalation": ONE, "score": 5}),
        ("escalation", {"id": ONE, "ticket_id": "1"}),
        ("offer", {"call": CALL, "person": 1, "state": "done", "made_at": "2026-11-24T10:00:03+00:00"}),
    ],
)
def test_a_row_that_exists_twice_is_a_duplicate(table: str, row: Row) -> None:
    assert judge(Ledger(""), evidence(**{table: [row]}), ()).clean
    assert len(judge(Ledger(""), evidence(**{table: [row, row]}), ()).duplicated) == 1


def test_letters_are_counted_by_their_message() -> None:
    message = {"id": "m1", "escalation": ONE, "channel": "mail", "kind": "survey", "state": "sent", "recipient": "a"}
    mail = {"headers": {"Message-ID": "<m1@host>"}, "to": "a", "subject": "s", "text": "t", "ics": ""}
    rows = evidence(message=[message])
    assert len(judge(Ledger(""), rows, {"survey"}).lost) == 1
    rows.mails[:] = [mail, mail]
    assert judge(Ledger(""), rows, {"survey"}).clean
    assert judge(Ledger(""), rows, {"invitation"}).unexpected == ["a letter survey"]
    rows.mails[:] = [mail, mail | {"text": "other"}]
    assert len(judge(Ledger(""), rows, {"survey"}).duplicated) == 1
    rows.mails[:] = [mail, mail, mail]
    assert len(judge(Ledger(""), rows, {"survey"}).duplicated) == 1


def test_a_truncated_export_is_no_evidence() -> None:
    with pytest.raises(AssertionError, match="incomplete"):
        Evidence.of(Ledger(""), json.dumps({"type": "end", "lines": 3}), [])


def test_repairs_and_logged_errors_are_unexpected() -> None:
    repaired = evidence(escalation_event=[event(1, "repaired", 1)])
    assert judge(Ledger(""), repaired, ()).unexpected
    assert judge(Ledger(""), evidence(), (), ["web.log: ERROR"]).unexpected == ["web.log: ERROR"]
