"""Reads a person's form and compares it with the saved card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request

from domain.people import HIGHEST_LEVEL, PersonDetails
from domain.sign_in import Role
from web.security.session import SignedIn

NOBODY = PersonDetails("", "", None, None)


@dataclass(frozen=True)
class SentCard:
    card: PersonDetails
    trying: bool
    """A dry run, which only shows what would happen to booked calls."""
    longer: bool
    """A dry run that searches longer for people who could take the affected calls."""
    seen: str
    """The result of ``mark_of`` for the card that was current when the form was opened."""
    shown: frozenset[int] = frozenset()
    """Bookings at risk that the page has already shown."""
    confirmed: frozenset[str] = frozenset()
    """Marks of the calls in hand that the page has already shown."""


async def sent_card(request: Request) -> SentCard:
    """Read a person's form. Choices that aren't numbers count as not chosen."""
    form = await request.form()
    fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    levels = {
        chosen_number(name[6:]): chosen_number(value) for name, value in fields.items() if name.startswith("skill-")
    }
    skills = {skill: level for skill, level in levels.items() if skill and level and level <= HIGHEST_LEVEL}
    valid_roles = {role.value for role in Role}
    roles = tuple(sorted(role for role in form.getlist("role") if isinstance(role, str) and role in valid_roles))
    card = PersonDetails(
        name=fields.get("name", ""),
        email=fields.get("email", ""),
        team=chosen_number(fields.get("team", "")) or None,
        title=chosen_number(fields.get("title", "")) or None,
        languages=tuple(fields.get("languages", "").split(",")),
        skills=skills,
        roles=roles,
        active=fields.get("active", "yes") == "yes",
    )
    longer = fields.get("longer") == "yes"
    trying = longer or fields.get("trying") == "yes"
    confirmed = frozenset(fields.get("confirmed", "").split(","))
    return SentCard(card, trying, longer, fields.get("seen", ""), _shown(fields), confirmed)


Sent = Annotated[SentCard, Depends(sent_card)]


def _shown(fields: Mapping[str, str]) -> frozenset[int]:
    numbers = fields.get("shown", "").split(",")
    return frozenset(int(one) for one in numbers if one.isascii() and one.isdigit() and len(one) < 20)


def chosen_number(text: str) -> int:
    """The chosen number; 0 if the text isn't a number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def with_roles(card: PersonDetails, saved: PersonDetails, signed: SignedIn) -> PersonDetails:
    """The card with its submitted roles if an administrator sent it, otherwise with the saved roles."""
    return card if "admin" in signed.roles else replace(card, roles=saved.roles)


def differing(card: PersonDetails, saved: PersonDetails, signed: SignedIn) -> list[str]:
    """The names of the fields in which the card differs from the saved one."""
    typed = replace(
        with_roles(card, saved, signed),
        languages=tuple(language.strip().lower() for language in card.languages if language.strip()),
    )
    names = ("name", "email", "team", "title", "languages", "skills", "roles", "active")
    return [name for name in names if getattr(typed, name) != getattr(saved, name)]
