"""The form of a person, read: which card it asks for, and what of it is not what stands now."""

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
    """Only to see what would become of booked calls."""
    longer: bool
    """Likewise, looking longer for somebody for them."""
    seen: str
    """The mark of the card that the form was drawn from."""
    shown: frozenset[int] = frozenset()
    """Bookings that were shown to lose the last person who could serve them."""


async def sent_card(request: Request) -> SentCard:
    """The form of a person. What is no number counts as not chosen."""
    form = await request.form()
    sent = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    levels = {
        chosen_number(name[6:]): chosen_number(value) for name, value in sent.items() if name.startswith("skill-")
    }
    skills = {skill: level for skill, level in levels.items() if skill and level and level <= HIGHEST_LEVEL}
    known = {role.value for role in Role}
    roles = tuple(sorted(role for role in form.getlist("role") if isinstance(role, str) and role in known))
    card = PersonDetails(
        name=sent.get("name", ""),
        email=sent.get("email", ""),
        team=chosen_number(sent.get("team", "")) or None,
        title=chosen_number(sent.get("title", "")) or None,
        languages=tuple(sent.get("languages", "").split(",")),
        skills=skills,
        roles=roles,
        active=sent.get("active", "yes") == "yes",
    )
    longer = sent.get("longer") == "yes"
    return SentCard(card, longer or sent.get("trying") == "yes", longer, sent.get("seen", ""), _shown(sent))


Sent = Annotated[SentCard, Depends(sent_card)]


def _shown(sent: Mapping[str, str]) -> frozenset[int]:
    booked = sent.get("shown", "").split(",")
    return frozenset(int(one) for one in booked if one.isascii() and one.isdigit() and len(one) < 20)


def chosen_number(typed: str) -> int:
    """0 where it is none."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0


def with_roles(card: PersonDetails, before: PersonDetails, signed: SignedIn) -> PersonDetails:
    """Only an administrator's form has roles; another's leaves them as they are."""
    return card if "admin" in signed.roles else replace(card, roles=before.roles)


def differing(card: PersonDetails, stands: PersonDetails, signed: SignedIn) -> list[str]:
    """The fields in which what was typed is not what stands now."""
    typed = replace(
        with_roles(card, stands, signed),
        languages=tuple(language.strip().lower() for language in card.languages if language.strip()),
    )
    fields = ("name", "email", "team", "title", "languages", "skills", "roles", "active")
    return [field for field in fields if getattr(typed, field) != getattr(stands, field)]
