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
    """Remind the customer about a link that hasn't been used."""
    raise NotImplementedError


@activity.defn
async def expire_link(at: At) -> Stands:
    """Expire an unused link and end its escalation. If the link has been used after all, return the booked call."""
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
    """Email the customer a reminder, once per ``call.step``."""
    raise NotImplementedError


@activity.defn
async def remind_agent(call: OfCall) -> None:
    """Email a reminder to the agent who took the call, once per ``call.step``. Does nothing if nobody has taken it."""
    raise NotImplementedError


@activity.defn
async def settle(call: OfCall) -> Settled:
    """Read the call's state and any missed events from the database when no signal has come for too long."""
    raise NotImplementedError


@activity.defn
async def nobody_available(call: OfCall) -> LinkOut | None:
    """Tell the customer that nobody is available. Returns the priority link, or None if no more links may be issued."""
    raise NotImplementedError


@activity.defn
async def replace_agent(call: OfCall) -> bool:
    """Search for someone other than the agent who accepted this offer. False if that agent joined after all."""
    raise NotImplementedError


@activity.defn
async def call_for_customer(call: OfCall) -> None:
    """Send the late-customer reminder."""
    raise NotImplementedError


@activity.defn
async def customer_missed(call: OfCall) -> Missed:
    """If the customer really missed the call, record the no-show and issue a new link, unless no more are allowed."""
    raise NotImplementedError


@activity.defn
async def save_wrap_up(request: SaveWrapUp) -> None:
    """Save the agent's wrap-up, even if the call has already been closed without one."""
    raise NotImplementedError


@activity.defn
async def end_unrecorded(call: OfCall) -> None:
    """Close a call whose wrap-up wasn't recorded in time."""
    raise NotImplementedError


@activity.defn
async def ask_for_rating(call: OfCall) -> bool:
    """Send the survey. False if this customer was surveyed too recently for the rules to ask again."""
    raise NotImplementedError


@activity.defn
async def ask_again(call: OfCall) -> None:
    """Send the only reminder about the survey."""
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
    """End the escalation early, because it was withdrawn or its ticket was solved."""
    raise NotImplementedError


@activity.defn
async def run_round() -> int:
    """Run one round for the backstop, just as the tickers do. Returns the number of offers made."""
    raise NotImplementedError
