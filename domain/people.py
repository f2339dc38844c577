"""People as managers edit them: which details are valid, and who may change whose details."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import astuple, dataclass, field, replace
from hashlib import sha256

from domain.failure import Failure
from domain.mail_address import is_mail_address
from domain.typed_text import has_unseen

LONGEST = 120
HIGHEST_LEVEL = 5
_LANGUAGE = re.compile(r"[^\W\d_][\w -]*")


@dataclass(frozen=True)
class PersonDetails:
    """Everything about a person that a form can change."""

    name: str
    email: str
    team: int | None
    title: int | None
    """Team and title are set together or not at all; somebody without a team takes no calls."""
    languages: tuple[str, ...] = ()
    skills: Mapping[int, int] = field(default_factory=dict)
    """Skill levels from 1 to 5, keyed by skill id."""
    roles: tuple[str, ...] = ("agent",)
    active: bool = True


@dataclass
class CardUnfit(Failure):
    """``where`` names the invalid field: ``name``, ``email``, ``team``, ``languages``, ``roles``."""

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
    """The change is reserved for administrators, or would lock out the person making it."""

    why: str

    title = "Somebody else changes this"

    @property
    def detail(self) -> str:
        return self.why


@dataclass
class CardStale(Failure):
    """Somebody else has saved the card since the page was rendered."""

    stands: PersonDetails

    title = "Somebody else has changed this person meanwhile"

    @property
    def detail(self) -> str:
        return "It was changed since you opened this page."


def mark_of(card: PersonDetails) -> str:
    """A hash that is equal only for equal cards. A form sends it along to identify the version of the card that it
    showed.
    """
    fields = astuple(replace(card, skills=dict(sorted(card.skills.items())), roles=tuple(sorted(card.roles))))
    return sha256(json.dumps(fields).encode()).hexdigest()[:32]


def fit_card(card: PersonDetails) -> PersonDetails:
    """The card as stored, with single spaces. Raises ``CardUnfit`` for the first invalid field."""
    name, email = " ".join(card.name.split()), card.email.strip()
    if not name or len(name) > LONGEST:
        raise CardUnfit("name", f"A name is required, of at most {LONGEST} characters.")
    if has_unseen(name):
        raise CardUnfit("name", "A name can't contain invisible characters.")
    if len(email) > LONGEST or not is_mail_address(email):
        raise CardUnfit("email", "A mail address such as anna@example.com is required: it is how they sign in.")
    if (card.team is None) != (card.title is None):
        missing = "title" if card.title is None else "team"
        raise CardUnfit("team", f"Choose a {missing}, too, or neither: outside the teams nobody takes calls.")
    languages = tuple(dict.fromkeys(language.strip().lower() for language in card.languages if language.strip()))
    wrong = next((language for language in languages if not _LANGUAGE.fullmatch(language)), None)
    if wrong is not None:
        raise CardUnfit("languages", f"“{wrong}” is not a language as rules write it, such as german.")
    if not card.roles:
        raise CardUnfit("roles", "At least one role is required: without one they can't open anything.")
    return PersonDetails(name, email, card.team, card.title, languages, card.skills, card.roles, card.active)


def check_may_change(
    editor_roles: Collection[str], editor: int, person: int, before: PersonDetails, after: PersonDetails
) -> None:
    """Raise ``NotYoursToChange`` if only administrators may make the change, or if it would lock out the editor."""
    administers = "admin" in editor_roles
    if not administers and set(before.roles) - {"agent"}:
        raise NotYoursToChange("Only an administrator changes people who have other roles than agent.")
    if not administers and set(after.roles) != set(before.roles):
        raise NotYoursToChange("Only an administrator changes roles.")
    if editor == person and not after.active:
        raise NotYoursToChange("You can't deactivate yourself: ask another administrator.")
    if editor == person and administers and "admin" not in after.roles:
        raise NotYoursToChange("You can't take administration from yourself: ask another administrator.")
