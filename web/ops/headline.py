"""The headline of an escalation: where it is, what happens next, and by when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from database.stores.queries.escalation_detail import Fields, WholeEscalation
from domain.escalation import Kind, State
from domain.wrap_up import Resolution
from web.ops.story import newest_sentence
from web.wording.states import state_words
from web.wording.times import clock, when


@dataclass(frozen=True)
class Headline:
    where: str
    next: str
    by: datetime | None
    """The deadline for what happens next; None if nothing will happen automatically."""


def headline(escalation: WholeEscalation) -> Headline:
    match State(escalation.state):
        case State.INVITED:
            return _invited(escalation)
        case State.BOOKED:
            return _booked(escalation)
        case State.MUSTERING:
            return _mustering(escalation)
        case State.ACCEPTED:
            return _accepted(escalation)
        case State.ON_CALL | State.WRAPPING_UP:
            return _on_call(escalation)
        case State.RATING:
            return _rating(escalation)
        case State.REFUSED:
            refusal = escalation.plan.decision.refusal
            return Headline(f"Rule “{escalation.rule}” does not allow a call.", refusal, None)
        case State.CLOSED:
            return _closed(escalation)


def _closed(escalation: WholeEscalation) -> Headline:
    words = state_words(escalation.state, escalation.outcome).words
    call = _call(escalation)
    wrap_up = call["wrap_up"] if call else None
    if wrap_up is not None and wrap_up["resolved"] == Resolution.FOLLOW_UP:
        follow_up = wrap_up["follow_up"] or "see the wrap-up"
        text = f"Nothing more will happen here. To do: {follow_up}."
        return Headline("Closed, with a follow-up.", text, escalation.closed_at)
    asked = escalation.follow_up
    if asked is not None and asked["done_at"] is None:
        due = when(asked["due_at"], escalation.desk_zone)
        text = f"{escalation.customer['name']} asked to be called back, by {due}."
        return Headline(f"{words.capitalize()}, with a call back to do.", text, asked["due_at"])
    return Headline(f"{words.capitalize()}.", "Nothing more will happen.", escalation.closed_at)


def _invited(escalation: WholeEscalation) -> Headline:
    where = f"Waiting for {escalation.customer['name']} to book a time."
    if not escalation.links:
        return Headline(where, "", None)
    expires: datetime = escalation.links[-1]["expires_at"]
    return Headline(where, f"Otherwise, the link expires {when(expires, escalation.desk_zone)}.", expires)


def _booked(escalation: WholeEscalation) -> Headline:
    if escalation.booking is None:
        return Headline("Booked.", "", None)
    starts: datetime = escalation.booking["starts_at"]
    search = starts - timedelta(seconds=escalation.plan.decision.calls.prepare)
    text = f"The search for a person begins at {clock(search, escalation.desk_zone)}."
    return Headline(f"Booked for {when(starts, escalation.desk_zone)}.", text, search)


def _mustering(escalation: WholeEscalation) -> Headline:
    call = _call(escalation)
    live = next((offer for offer in escalation.offers if offer["state"] == "offered"), None)
    began: datetime | None = call["search_began_at"] if call else None
    if live is not None:
        where = f"Offered to {live['person_name']}."
        return Headline(where, "If they don’t take it, the search goes on.", live["expires_at"])
    if call is not None and call["state"] == "unserved":
        return Headline("The search found nobody.", f"{escalation.customer['name']} is told in a moment.", None)
    if began is None:
        return Headline("The search for a person is about to begin.", "", call["muster_at"] if call else None)
    ends = began + timedelta(seconds=escalation.plan.gives_up_after)
    text = f"If nobody takes it, {escalation.customer['name']} is told at {clock(ends, escalation.desk_zone)}."
    # The search's own clock leaves out standstills and the time with an agent.
    since = next((e["at"] for e in reversed(escalation.events) if e["kind"] == Kind.MUSTER_BEGAN), began)
    return Headline(f"Looking for a person since {clock(since, escalation.desk_zone)}.", text, ends)


def _accepted(escalation: WholeEscalation) -> Headline:
    call = _call(escalation)
    if call is None:
        return Headline("Taken.", "", None)
    where = f"{call['person_name']} has taken the call."
    customer = escalation.customer["name"]
    starts: datetime = max(call["starts_at"] or call["accepted_at"], call["accepted_at"])
    deadline = starts + timedelta(seconds=escalation.plan.decision.calls.wait_for_customer)
    if call["customer_joined_at"]:
        return Headline(where, f"{customer} is waiting in the room.", None)
    if call["starts_at"] is None:
        text = f"{customer} is expected now; we wait until {clock(deadline, escalation.desk_zone)}."
        return Headline(where, text, deadline)
    return Headline(where, f"It begins {when(starts, escalation.desk_zone)}.", starts)


def _on_call(escalation: WholeEscalation) -> Headline:
    call = _call(escalation)
    if call is None:
        return Headline("On the call.", "", None)
    agent = call["person_name"]
    if call["ended_at"] is None:
        return Headline(f"{agent} is on the call with {escalation.customer['name']}.", "Next: the wrap-up.", None)
    if escalation.rating is not None:
        return Headline(f"{agent} is writing the wrap-up.", "The customer has rated the call.", None)
    due = call["ended_at"] + timedelta(seconds=escalation.plan.decision.feedback.ask_after)
    return Headline(f"{agent} is writing the wrap-up.", "Next, the customer is asked for a rating.", due)


def _rating(escalation: WholeEscalation) -> Headline:
    call = _call(escalation)
    decision = escalation.plan.decision
    customer = escalation.customer["name"]
    if call is None or call["ended_at"] is None:
        return Headline("Waiting for the rating.", "", None)
    if asked := newest_sentence(escalation, Kind.SURVEY_SENT):
        at = next(event["at"] for event in reversed(escalation.events) if event["kind"] == Kind.SURVEY_SENT)
        ends = at + timedelta(seconds=decision.links.survey_expires)
        return Headline(asked, "Without a rating, the survey ends.", ends)
    survey = call["ended_at"] + timedelta(seconds=decision.feedback.ask_after)
    text = f"{customer} will be asked for a rating {when(survey, escalation.desk_zone)}."
    what = "The call is over and wrapped up." if call["wrap_up"] else "The call is over, without a wrap-up."
    return Headline(what, text, survey)


def _call(escalation: WholeEscalation) -> Fields | None:
    return escalation.calls[-1] if escalation.calls else None
