"""Names in the directory: which ones are valid, and why one can't be changed or deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from domain.failure import Failure
from domain.typed_text import has_unseen

LONGEST = 80
_UNFIT = re.compile(r"[\"“”„\x00-\x1f\x7f]")


def fit_name(typed: str, what: str = "A name") -> str:
    """The name as stored, with single spaces. Raises ``NameUnfit``."""
    name = " ".join(typed.split())
    if not name:
        raise NameUnfit(f"{what} is required.")
    if len(name) > LONGEST:
        raise NameUnfit(f"{what} has at most {LONGEST} characters; this one has {len(name)}.")
    if _UNFIT.search(name):
        raise NameUnfit(f"{what} can't contain quotation marks: rules write it between them.")
    if has_unseen(name):
        raise NameUnfit(f"{what} can't contain invisible characters.")
    return name


@dataclass
class NameUnfit(Failure):
    why: str

    title = "This name can't be used"

    @property
    def detail(self) -> str:
        return self.why


@dataclass
class NameTaken(Failure):
    kind: str
    name: str

    title = "This name is taken"

    @property
    def detail(self) -> str:
        return f"There is a {self.kind} “{self.name}” already."


@dataclass
class NameGone(Failure):
    """Somebody else has deleted or renamed the team, title or skill since the page was rendered."""

    kind: str

    title = "Somebody was quicker"

    @property
    def detail(self) -> str:
        return f"This {self.kind} has been changed or deleted meanwhile, so nothing was done. Please look again."


@dataclass
class RenameRefused(Failure):
    """The rules would decide differently with the new name, or can't contain it."""

    why: str

    title = "The rules are in the way of this name"

    @property
    def detail(self) -> str:
        return self.why


@dataclass(frozen=True)
class RuleUse:
    """A line in the rules that uses a name."""

    version: int
    current: bool
    """Whether this is the current version; otherwise, it is the one being rolled out."""
    line: int
    text: str


@dataclass(frozen=True)
class Uses:
    """What depends on a team, title or skill."""

    rules: tuple[RuleUse, ...] = ()
    earlier: tuple[int, ...] = ()
    """Earlier rules versions that use the name; deleting the name makes it impossible to go back to them."""
    people: int = 0
    leads: tuple[str, ...] = ()
    """Teams led by people with this title."""
    escalations: int = 0
    """Open escalations whose plans use it."""
    kind: str = field(default="team")

    @property
    def prevents_deletion(self) -> bool:
        """Whether anything prevents its deletion. A skill is simply removed from the people who have it; a team or
        title must be empty first.
        """
        return bool(self.rules or self.leads or self.escalations or (self.people and self.kind != "skill"))


@dataclass
class NameInUse(Failure):
    kind: str
    name: str
    uses: Uses

    title = "It is still in use"

    @property
    def detail(self) -> str:
        return f"The {self.kind} “{self.name}” was not deleted, because it is in use. See below by what."
