"""The activities as workflows see them: names and signatures, without their dependencies.

A test checks that each has exactly one implementation with the same name and signature.
"""

from __future__ import annotations

from temporalio import activity

from activities.messages import (
    At,
    Booked,
    Ending,
    HoldSeat,
    LinkOut,
    Missed,
    MoveSeat,
    NudgeLink,
    OfCall,
    SaveRating,
    SaveWrapUp,
    Settled,
    Stands,
)


@activity.defn
async def nudge_customer(link: NudgeLink) -> None:
    """Remind the customer of a link that has not been used."""
    raise NotImplementedError


@activity.defn
async def expire_link(at: At) -> Stands:
    """End an unused link and its escalation. If the link was used after all, return the booked call."""
    raise NotImplementedError


@activity.defn
async def hold_seat(slot: HoldSeat) -> Booked:
    """Use up the link and sell the seat, or do neither."""
    raise NotImplementedError


@activity.defn
async def move_seat(slot: MoveSeat) -> Booked:
    """Sell another seat for the same call."""
    raise NotImplementedError


@activity.defn
async def cancel_booking(at: At) -> None:
    """Cancel the booking, as the customer asked."""
    raise NotImplementedError


@activity.defn
async def remind_customer(call: OfCall) -> None:
    """Mail the customer a reminder, once per ``call.step``."""
    raise NotImplementedError


@activity.defn
async def remind_agent(call: OfCall) -> None:
    """Mail the agent who took the call a reminder, once per ``call.step``. Nothing happens if nobody has taken it."""
    raise NotImplementedError


@activity.defn
async def settle(call: OfCall) -> Settled:
    """Read the call's state and missed events from the database, if no signal came for too long."""
    raise NotImplementedError


@activity.defn
async def nobody_available(call: OfCall) -> LinkOut | None:
    """Tell the customer that nobody is available. Returns the priority link, or None if no more may be issued."""
    raise NotImplementedError


@activity.defn
async def replace_agent(call: OfCall) -> bool:
    """Search for someone other than the agent of this offer. False if that agent joined after all."""
    raise NotImplementedError


@activity.defn
async def call_for_customer(call: OfCall) -> None:
    """Send the late-customer reminder."""
    raise NotImplementedError


@activity.defn
async def customer_missed(call: OfCall) -> Missed:
    """Record the customer's no-show, if it is one, and issue a new link, unless no more may be issued."""
    raise NotImplementedError


@activity.defn
async def save_wrap_up(request: SaveWrapUp) -> None:
    """Save what the agent recorded about the call, even after the call was closed without it."""
    raise NotImplementedError


@activity.defn
async def end_unrecorded(call: OfCall) -> None:
    """Close a call whose wrap-up wasn't recorded in time."""
    raise NotImplementedError


@activity.defn
async def ask_for_rating(call: OfCall) -> bool:
    """Send the survey. False if the rules spare this customer, who was asked recently."""
    raise NotImplementedError


@activity.defn
async def ask_again(call: OfCall) -> None:
    """Send the survey's one reminder."""
    raise NotImplementedError


@activity.defn
async def save_rating(request: SaveRating) -> None:
    """Save the customer's score and comment."""
    raise NotImplementedError


@activity.defn
async def end_survey(call: OfCall) -> None:
    """Close a survey that wasn't answered in time."""
    raise NotImplementedError


@activity.defn
async def withdraw(ending: Ending) -> None:
    """End the escalation early: withdrawn, or its ticket solved."""
    raise NotImplementedError


@activity.defn
async def run_round() -> int:
    """Run one round, as the tickers do, for the backstop. Returns the number of offers made."""
    raise NotImplementedError
