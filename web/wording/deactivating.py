"""What deactivating somebody does to the calls that they have in hand. Pure."""

from __future__ import annotations

from database.stores.staff.calls_in_hand import CallInHand


def fate_of_call(one: CallInHand, person: str) -> str:
    """What happens to this call if the person is deactivated now; begins after the call's subject."""
    match one.state:
        case "offered":
            return f"is being offered to {person}. The offer ends within seconds, and somebody else is asked."
        case "taken" if not one.joined:
            return (
                f"was accepted by {person}, who has not joined yet. It is taken back within seconds, and somebody else "
                f"is asked, before {one.customer} is told anything."
            )
        case "taken":
            return f"was accepted by {person}, who is in the room and can stay in it, but can’t write the wrap-up."
        case "on_call":
            return (
                f"is going on between {person} and {one.customer}. The room stays open to both, but {person} is "
                "signed out and can’t end the call or write its wrap-up."
            )
        case _:
            return f"is being wrapped up by {person}, who is signed out and can’t finish that."
