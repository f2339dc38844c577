"""The context of one escalation, complete enough for every kind of letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from activities.letters.letter import Addresses
from domain.ids import Tokens
from domain.letter import (
    STAFF_LETTERS,
    AgentContext,
    BookingContext,
    LetterContext,
    LetterKind,
    LinkContext,
    RatingContext,
    RulesNews,
    UnreadCalendar,
)

STARTS = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
WRITTEN = STARTS - timedelta(hours=1)
ADDRESSES = Addresses("https://calls.harborboats.example", Tokens(b"0123456789abcdef0123456789abcdef"))

_ABOUT_RATING = (LetterKind.RATING_ALERT, LetterKind.FOLLOW_UP_OVERDUE)


def letter_context(kind: LetterKind, **changes: Any) -> LetterContext:
    inside = kind in STAFF_LETTERS
    context = LetterContext(
        message_id="7a0c6a43-6f0a-5d8e-9a44-0d3d8b1f2c10",
        escalation_id="0b8f5c1e-3c57-4f6a-9a51-5d4f1f6f7a01",
        kind=kind,
        recipient="lead@harborboats.example" if inside else "mira@olsen.example",
        written_at=WRITTEN,
        sent_at=WRITTEN,
        subject="Engine stops at sea",
        customer_name="Mira Olsen",
        customer_email="mira@olsen.example",
        time_zone="Europe/Copenhagen" if inside else "America/New_York",
        desk_name="Harbor Boats support",
        team_name="Support",
        team_address="support@harborboats.example",
        link=LinkContext(1, STARTS + timedelta(days=3), open=True),
        booking=BookingContext(12, STARTS, 1200, 0),
        call_id="2f1c6a43-6f0a-5d8e-9a44-0d3d8b1f2c11",
        starts_at=STARTS,
        survey_until=STARTS + timedelta(days=7),
        held=STARTS,
        held_until=WRITTEN + timedelta(hours=4),
        agent=AgentContext("Jonas Berg", 2) if inside else None,
        rating=RatingContext(2, "Nobody knew the engine.") if kind in _ABOUT_RATING else None,
        call_back_until=STARTS + timedelta(days=1) if kind is LetterKind.FOLLOW_UP_OVERDUE else None,
        rules=RulesNews(5, "Marta Manager", "Invoices took too long", "everybody", ("Rule “Invoices” now asks you.",)),
        calendar=UnreadCalendar(4, "Jonas Berg", "Work", "the server answered 404"),
    )
    return replace(context, **changes)
