"""The honest line over an escalation: where it is, what happens next, and by when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from database.stores.queries.escalation_detail import Fields, WholeEscalation
from domain.escalation import State
from domain.wrap_up import Resolution
from web.wording.states import state_words
from web.wording.times import clock, when


@dataclass(frozen=True)
class Headline:
    where: str
    next: str
    by: datetime | None
    """Until when that happens by itself; None where nothing more will."""


def headline(whole: WholeEscalation) -> Headline:
    match State(whole.state):
        case State.INVITED:
            return _invited(whole)
        case State.BOOKED:
            return _booked(whole)
        case State.MUSTERING:
            return _mustering(whole)
        case State.ACCEPTED:
            return _accepted(whole)
        case State.ON_CALL | State.WRAPPING_UP:
            return _on_call(whole)
        case State.RATING:
            return _rating(whole)
        case State.REFUSED:
            return Headline(f"Rule “{whole.rule}” does not allow a call.", whole.plan.decision.refusal, None)
        case State.CLOSED:
            return _closed(whole)


def _closed(whole: WholeEscalation) -> Headline:
    words = state_words(whole.state, whole.outcome).words
    call = _call(whole)
    wrap_up = call["wrap_up"] if call else None
    if wrap_up is not None and wrap_up["resolved"] == Resolution.FOLLOW_UP:
        said = f"Nothing more happens here. To be done: {wrap_up['follow_up'] or 'see the wrap-up'}."
        return Headline("Closed, with a follow-up.", said, whole.closed_at)
    return Headline(f"{words.capitalize()}.", "Nothing more will happen.", whole.closed_at)


def _invited(whole: WholeEscalation) -> Headline:
    where = f"Waiting for {whole.customer['name']} to book a time."
    if not whole.links:
        return Headline(where, "", None)
    ends: datetime = whole.links[-1]["expires_at"]
    return Headline(where, f"Unless they do, the link ends {when(ends, whole.desk_zone)}.", ends)


def _booked(whole: WholeEscalation) -> Headline:
    if whole.booking is None:
        return Headline("Booked.", "", None)
    starts: datetime = whole.booking["starts_at"]
    search = starts - timedelta(seconds=whole.plan.decision.calls.prepare)
    said = f"The search for a person begins at {clock(search, whole.desk_zone)}."
    return Headline(f"Booked for {when(starts, whole.desk_zone)}.", said, search)


def _mustering(whole: WholeEscalation) -> Headline:
    call = _call(whole)
    live = next((offer for offer in whole.offers if offer["state"] == "offered"), None)
    began: datetime | None = call["search_began_at"] if call else None
    if live is not None:
        where = f"Offered to {live['person_name']}."
        return Headline(where, "Unless they take it, the next person is asked.", live["expires_at"])
    if began is None:
        return Headline("The search for a person is about to begin.", "", call["muster_at"] if call else None)
    ends = began + timedelta(seconds=whole.plan.gives_up_after)
    said = f"If nobody takes it, {whole.customer['name']} is told at {clock(ends, whole.desk_zone)}."
    return Headline(f"Looking for a person since {clock(began, whole.desk_zone)}.", said, ends)


def _accepted(whole: WholeEscalation) -> Headline:
    call = _call(whole)
    if call is None:
        return Headline("Taken.", "", None)
    where = f"{call['person_name']} has taken the call."
    starts: datetime = max(call["starts_at"] or call["accepted_at"], call["accepted_at"])
    late = starts + timedelta(seconds=whole.plan.decision.calls.wait_for_customer)
    if call["customer_joined_at"]:
        return Headline(where, f"{whole.customer['name']} is waiting in the room.", late)
    if call["starts_at"] is None:
        said = f"{whole.customer['name']} is expected at once, and waited for until {clock(late, whole.desk_zone)}."
        return Headline(where, said, late)
    return Headline(where, f"It begins {when(starts, whole.desk_zone)}.", starts)


def _on_call(whole: WholeEscalation) -> Headline:
    call = _call(whole)
    if call is None:
        return Headline("On the call.", "", None)
    who = call["person_name"]
    if call["ended_at"] is None:
        return Headline(f"{who} is on the call with {whole.customer['name']}.", "Then the wrap-up is written.", None)
    due = call["ended_at"] + timedelta(seconds=whole.plan.decision.calls.wrap_up)
    return Headline(f"{who} is writing the wrap-up.", "Then the customer is asked for a rating.", due)


def _rating(whole: WholeEscalation) -> Headline:
    call = _call(whole)
    feedback = whole.plan.decision.feedback
    wrapped: datetime | None = (call["wrapped_up_at"] or call["ended_at"]) if call else None
    if wrapped is None:
        return Headline("The rating is awaited.", "", None)
    asked = wrapped + timedelta(seconds=feedback.ask_after)
    if any(event["kind"] == "survey_sent" for event in whole.events):
        ends = asked + timedelta(seconds=whole.plan.decision.links.survey_expires)
        return Headline(f"{whole.customer['name']} was asked for a rating.", "Without one, the survey ends.", ends)
    said = f"{whole.customer['name']} is asked for a rating {when(asked, whole.desk_zone)}."
    return Headline("The call is over and wrapped up.", said, asked)


def _call(whole: WholeEscalation) -> Fields | None:
    return whole.calls[-1] if whole.calls else None
