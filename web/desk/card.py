"""An offer or a call as the desk shows it, with the ticket's facts, the customer's history and the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.escalations.customer_history import PastEscalation, past_escalations
from database.stores.queries.desk import CallCard
from domain.call import agent_grace
from domain.rounds.standing import AcceptedCall
from domain.wrap_up import EXTRA
from rules_dsl.directory import FactType
from web.desk.plan_words import plan_lines, rule_lines
from web.wording.facts import fact_rows

FACTS_ON_FACE = 4


@dataclass(frozen=True)
class CardView:
    card: CallCard
    facts: list[tuple[str, str]]
    past: list[PastEscalation]
    plan: list[str]
    rule: list[str]
    passed: str
    """Why the offer can't be answered any more; empty while it can."""

    @property
    def wrap_up_until(self) -> datetime | None:
        """When the agent's time for the wrap-up ends; None while the call lasts."""
        return in_hand(self.card).frees_at

    @property
    def closes_at(self) -> datetime | None:
        """When the call is closed if no wrap-up is written."""
        return self.wrap_up_until and self.wrap_up_until + EXTRA

    @property
    def face(self) -> list[tuple[str, str]]:
        """The first facts, shown without opening the context."""
        return self.facts[:FACTS_ON_FACE]


def brief(card: CallCard, declared: Sequence[FactType]) -> CardView:
    """A card without its context, which the desk requests when somebody opens it."""
    return CardView(card, fact_rows(card.facts, declared), [], [], [], passed_words(card))


async def show(conn: AsyncConnection, card: CallCard, declared: Sequence[FactType]) -> CardView:
    return CardView(
        card,
        fact_rows(card.facts, declared),
        await past_escalations(conn, card.customer_id, card.escalation_id),
        plan_lines(card.plan, booked=card.starts_at is not None),
        rule_lines(card.plan),
        passed_words(card),
    )


def passed_words(card: CallCard) -> str:
    """Why an offer can't be answered any more; empty if it can."""
    elsewhere = card.taken_by is not None and card.taken_by != card.offered_to
    if card.offer_state == "offered" and card.remaining > 0:
        return ""
    if card.offer_state in ("offered", "expired", "missed") and (lost := _lost_words(card)):
        return f"{lost}, and somebody else took it" if elsewhere else f"{lost}, so somebody else is looked for"
    if card.offer_state in ("offered", "expired"):
        return "it ran out, and somebody else took it" if elsewhere else "it ran out before it was answered"
    if card.offer_state == "withdrawn":
        return "somebody else took it" if elsewhere else "the call was cancelled, moved or taken back"
    return {"declined": "you declined it", "accepted": "you have taken it"}.get(card.offer_state, "the call is over")


def _lost_words(card: CallCard) -> str:
    """How this person lost the call or its offer; empty if the offer just ran out."""
    if "midway" in card.course:
        alone = "the customer said that nobody else was in the room"
        came_not = "you didn’t come back in time" if card.offer_state == "missed" else "your desk wasn’t connected"
        return f"{alone}, and {came_not}"
    if card.offer_state == "missed":
        return "you had taken it and didn’t join in time"
    if "accepted" in card.course:
        return "you had taken it, but your desk lost its connection before you joined"
    if card.answered_at is not None and card.answered_at < card.expires_at:
        return "your desk lost its connection before you answered"
    return ""


def in_hand(card: CallCard) -> AcceptedCall:
    """An accepted call, with its deadlines."""
    calls = card.plan.decision.calls
    accepted = card.accepted_at or card.made_at
    ends = None if card.ended_at is None else card.ended_at + timedelta(seconds=calls.wrap_up)
    join_by = None
    if card.agent_joined_at is None:
        join_by = max(card.starts_at or accepted, accepted) + agent_grace(calls.wait_for_customer)
    since = (card.ended_at if card.call_state == "wrapping_up" else card.agent_joined_at) or accepted
    return AcceptedCall(card.call_state, since, join_by, ends, freed=card.offer_state == "done")
