"""People as managers keep them: what may be said of one, and who may change whom."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass, field, replace
from hashlib import sha256

from domain.failure import Failure
from domain.typed_text import has_unseen, is_mail_address

LONGEST = 120
HIGHEST_LEVEL = 5
_LANGUAGE = re.compile(r"[^\W\d_][\w -]*")


@dataclass(frozen=True)
class PersonDetails:
    """Everything of one person that a form changes."""

    name: str
    email: str
    team: int | None
    title: int | None
    """Both or neither: somebody outside the teams takes no calls."""
    languages: tuple[str, ...] = ()
    skills: Mapping[int, int] = field(default_factory=dict)
    """Skill id to level, 1 to 5."""
    roles: tuple[str, ...] = ("agent",)
    active: bool = True


@dataclass
class CardUnfit(Failure):
    """``where`` is the field that is wrong: ``name``, ``email``, ``team``, ``languages``, ``roles``."""

    where: str
    why: str

    title = "This can't be saved"

    @property
    def detail(self) -> str:
        return self.why


@dataclass
class PersonGone(Failure):
    title = "There is no such person"


@dataclass
class NotYoursToChange(Failure):
    """Managers keep the teams; who may administer is for administrators."""

    why: str

    title = "Somebody else changes this"

    @property
    def detail(self) -> str:
        return self.why


@dataclass
class CardStale(Failure):
    """Somebody else has saved the card since it was drawn."""

    stands: PersonDetails

    title = "Somebody else has changed this person meanwhile"

    @property
    def detail(self) -> str:
        return "It was changed since you opened this page."


def mark_of(card: PersonDetails) -> str:
    """Alike for cards that say the same, and for no others: sent along with a form, it tells what was shown."""
    told = astuple(replace(card, skills=dict(sorted(card.skills.items())), roles=tuple(sorted(card.roles))))
    return sha256(json.dumps(told).encode()).hexdigest()[:32]


def fit_card(card: PersonDetails) -> PersonDetails:
    """As it is kept, with single spaces. Raises ``CardUnfit`` for the first field that is wrong."""
    name, email = " ".join(card.name.split()), card.email.strip()
    if not name or len(name) > LONGEST:
        raise CardUnfit("name", f"A name is wanted, of at most {LONGEST} characters.")
    if has_unseen(name):
        raise CardUnfit("name", "A name can't contain characters that nobody sees.")
    if len(email) > LONGEST or not is_mail_address(email):
        raise CardUnfit("email", "A mail address such as anna@example.com is wanted: it is how they sign in.")
    if (card.team is None) != (card.title is None):
        wanted = "title" if card.title is None else "team"
        raise CardUnfit("team", f"Choose a {wanted}, too, or neither: outside the teams nobody takes calls.")
    languages = tuple(dict.fromkeys(language.strip().lower() for language in card.languages if language.strip()))
    wrong = next((language for language in languages if not _LANGUAGE.fullmatch(language)), None)
    if wrong is not None:
        raise CardUnfit("languages", f"“{wrong}” is not a language as rules write it, such as german.")
    if not card.roles:
        raise CardUnfit("roles", "At least one role is wanted: without one they can open nothing.")
    return PersonDetails(name, email, card.team, card.title, languages, card.skills, card.roles, card.active)


def refuse_reaching_up(
    by_roles: Collection[str], by: int, who: int, before: PersonDetails, after: PersonDetails
) -> None:
    """Raise ``NotYoursToChange`` where a change is an administrator's, or would lock its own author out."""
    administers = "admin" in by_roles
    if not administers and set(before.roles) - {"agent"}:
        raise NotYoursToChange("Whoever manages, watches or administers is changed by an administrator.")
    if not administers and set(after.roles) != set(before.roles):
        raise NotYoursToChange("Roles are given by an administrator.")
    if by == who and not after.active:
        raise NotYoursToChange("You can't deactivate yourself: ask another administrator.")
    if by == who and administers and "admin" not in after.roles:
        raise NotYoursToChange("You can't take administration from yourself: ask another administrator.")
