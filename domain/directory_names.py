"""Names of the directory: what may be one, and why one can't be changed or deleted now."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from domain.failure import Failure
from domain.typed_text import has_unseen

LONGEST = 80
_UNFIT = re.compile(r"[\"“”„\x00-\x1f\x7f]")


def fit_name(typed: str, what: str = "A name") -> str:
    """The name as it is kept: single spaces. Raises ``NameUnfit``."""
    name = " ".join(typed.split())
    if not name:
        raise NameUnfit(f"{what} is wanted.")
    if len(name) > LONGEST:
        raise NameUnfit(f"{what} has at most {LONGEST} characters; this one has {len(name)}.")
    if _UNFIT.search(name):
        raise NameUnfit(f"{what} can't contain quotation marks: rules write it between them.")
    if has_unseen(name):
        raise NameUnfit(f"{what} can't contain characters that nobody sees.")
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
    """Somebody else has deleted or renamed it since the page was drawn."""

    kind: str

    title = "Somebody was quicker"

    @property
    def detail(self) -> str:
        return f"This {self.kind} has been changed or deleted meanwhile, so nothing was done. Please look again."


@dataclass
class RenameRefused(Failure):
    """The rules would decide otherwise with the new name, or can't be written with it."""

    why: str

    title = "The rules are in the way of this name"

    @property
    def detail(self) -> str:
        return self.why


@dataclass(frozen=True)
class Breaks:
    """A line of the rules that names something."""

    version: int
    standing: bool
    """Whether the version stands; else it is being tried on some of the customers."""
    line: int
    text: str


@dataclass(frozen=True)
class Uses:
    """What rests on a team, title or skill."""

    rules: tuple[Breaks, ...] = ()
    earlier: tuple[int, ...] = ()
    """Earlier versions that name it: going back to one would no longer be possible."""
    people: int = 0
    leads: tuple[str, ...] = ()
    """Teams that this title leads."""
    escalations: int = 0
    """That are open and were planned with it."""
    kind: str = field(default="team")

    @property
    def hinders(self) -> bool:
        """Whether it can't be deleted. People lose a skill with it; out of a team or title they must be moved."""
        return bool(self.rules or self.leads or self.escalations or (self.people and self.kind != "skill"))


@dataclass
class NameInUse(Failure):
    kind: str
    name: str
    uses: Uses

    title = "It is still in use"

    @property
    def detail(self) -> str:
        return f"The {self.kind} “{self.name}” was not deleted: what rests on it stands below."
