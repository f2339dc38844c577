"""The activities as the workflow knows them: names and signatures, without what they need to run.

A test proves that each one has exactly one implementation with the same name and signature.
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
    """End an unused link, and the escalation with it; where it has been used after all, its call stands."""
    raise NotImplementedError


@activity.defn
async def hold_seat(slot: HoldSeat) -> Booked:
    """Use up the link and take the seat, or neither."""
    raise NotImplementedError


@activity.defn
async def move_seat(slot: MoveSeat) -> Booked:
    """Take another seat for the same call."""
    raise NotImplementedError


@activity.defn
async def cancel_booking(at: At) -> None:
    """The customer cancels."""
    raise NotImplementedError


@activity.defn
async def remind_customer(call: OfCall) -> None:
    raise NotImplementedError


@activity.defn
async def remind_agent(call: OfCall) -> None:
    raise NotImplementedError


@activity.defn
async def settle(call: OfCall) -> Settled:
    """Read what the rows say, where no word of it has come for too long."""
    raise NotImplementedError


@activity.defn
async def nobody_available(call: OfCall) -> LinkOut | None:
    """Tell the customer the truth, with a priority link; None where links were renewed too often."""
    raise NotImplementedError


@activity.defn
async def replace_agent(call: OfCall) -> bool:
    """Look for another person than the one of this offer; False where they came after all."""
    raise NotImplementedError


@activity.defn
async def call_for_customer(call: OfCall) -> None:
    """We are here: write to a customer who has not come."""
    raise NotImplementedError


@activity.defn
async def customer_missed(call: OfCall) -> Missed:
    """The customer did not come: a fresh link, unless links were renewed too often."""
    raise NotImplementedError


@activity.defn
async def save_wrap_up(said: SaveWrapUp) -> None:
    raise NotImplementedError


@activity.defn
async def end_unrecorded(call: OfCall) -> None:
    """Nobody wrapped the call up in time."""
    raise NotImplementedError


@activity.defn
async def ask_for_rating(call: OfCall) -> bool:
    """Send the survey; False where the rules spare this customer."""
    raise NotImplementedError


@activity.defn
async def ask_again(call: OfCall) -> None:
    raise NotImplementedError


@activity.defn
async def save_rating(said: SaveRating) -> None:
    raise NotImplementedError


@activity.defn
async def end_survey(call: OfCall) -> None:
    raise NotImplementedError


@activity.defn
async def withdraw(ending: Ending) -> None:
    """End the escalation from outside."""
    raise NotImplementedError


@activity.defn
async def run_round() -> int:
    """The backstop: one round, as the tickers run it. Returns how many offers it made."""
    raise NotImplementedError
