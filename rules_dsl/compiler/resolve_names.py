"""Resolves the names in a file: teams, titles, skills, facts, hours, definitions. Reports unknown ones."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar, cast

from rules_dsl.directory import Directory, FactType, Person, Skill, Team, Title
from rules_dsl.evaluation.program import Clause, IsDefined, Test
from rules_dsl.model.decision import OpenHours, Target
from rules_dsl.syntax.diagnostic_catalogue import CATALOGUE
from rules_dsl.syntax.diagnostics import Diagnostic, diagnostic, nearest
from rules_dsl.syntax.tree_actions import TargetPhrase
from rules_dsl.syntax.tree_conditions import Condition, Phrase, Place

Part = TypeVar("Part", bound=Hashable)
_MOST_LISTED = 8
_FAILED_EXAMPLES = frozenset({"R501"})
_MOST_COMPARED = 5_000
"""Maximum number of names compared per file to find suggestions, so that many unknown names don't take long."""


@dataclass
class Names:
    """The names in a directory and in the file being compiled, and the diagnostics so far."""

    directory: Directory
    diagnostics: list[Diagnostic] = field(default_factory=list)
    hours: dict[str, OpenHours | None] = field(default_factory=dict)
    """None if declared with an error, which has its own diagnostic."""
    defined: dict[str, IsDefined | None] = field(default_factory=dict)
    used: set[tuple[str, str, int]] = field(default_factory=set)
    """The kind, name and id of every resolved name; the ruleset's version depends on them."""
    line: int = 0
    """The number of the line being compiled; needed because places in cached sentences have no line numbers."""
    clauses: dict[Condition, Clause] = field(default_factory=dict)
    """Compiled conditions that had no diagnostics. Lines with the same condition share one object."""
    targets: dict[tuple[TargetPhrase, ...], tuple[Target, ...]] = field(default_factory=dict)
    _interned: dict[Hashable, Hashable] = field(default_factory=dict)
    _interned_clauses: dict[tuple[int, bool, str], Clause] = field(default_factory=dict)
    """Keyed by the test's ``id``, because comparing a definition may mean comparing hundreds of lines."""
    compared: int = 0
    """How many names have been compared for suggestions so far."""

    def intern(self, part: Part) -> Part:
        """An equal part built earlier, or this one if there is none, so that a ruleset stores equal parts only once."""
        return cast(Part, self._interned.setdefault(part, part))

    def clause(self, test: Test, negated: bool, text: str) -> Clause:
        """The clause for a test; equal arguments give the same object."""
        if not isinstance(test, IsDefined):
            test = self.intern(test)
        key = (id(test), negated, text)
        return self._interned_clauses.get(key) or self._interned_clauses.setdefault(key, Clause(test, negated, text))

    def near(self, word: str, known: Sequence[str]) -> str | None:
        """The closest known name; None once more than ``_MOST_COMPARED`` names have been compared."""
        self.compared += len(known)
        return nearest(word, known) if self.compared <= _MOST_COMPARED else None

    def silent(self) -> Names:
        """A copy with its own diagnostics and used names, to resolve checked lines again without reporting twice."""
        return replace(self, diagnostics=[], used=set())

    @property
    def has_errors(self) -> bool:
        """Whether an error, not just a warning, has been reported."""
        return any(diagnostic.severity == "error" for diagnostic in self.diagnostics)

    @property
    def has_errors_beside_examples(self) -> bool:
        """Whether an error other than a failed example has been reported."""
        return any(one.severity == "error" and one.code not in _FAILED_EXAMPLES for one in self.diagnostics)

    @property
    def cannot_run(self) -> bool:
        """Whether an error has been reported with which not even a published text can be used."""
        return any(one.severity == "error" and not CATALOGUE[one.code].still_runs for one in self.diagnostics)

    def report(self, code: str, at: Place, **arguments: str | int | None) -> None:
        self.diagnostics.append(diagnostic(code, at.on(self.line), **arguments))

    def team(self, phrase: Phrase) -> Team | None:
        team = self._teams.get(phrase.text)
        if team is None:
            self._report_unknown("R201", phrase, [known.name for known in self.directory.teams])
        else:
            self.used.add(("team", team.name, team.id))
        return team

    def title(self, phrase: Phrase) -> Title | None:
        title = self._titles.get(phrase.text)
        if title is None:
            self._report_unknown("R203", phrase, [known.name for known in self.directory.titles])
        else:
            self.used.add(("title", title.name, title.id))
        return title

    def skill(self, phrase: Phrase) -> Skill | None:
        skill = self.directory.skill_named(phrase.text)
        if skill is None:
            self._report_unknown("R204", phrase, [known.name for known in self.directory.skills])
        else:
            self.used.add(("skill", skill.name, skill.id))
        return skill

    def fact(self, phrase: Phrase) -> FactType | None:
        fact = self._facts.get(phrase.text.lower())
        if fact is not None:
            return fact
        names = [fact.name for fact in self.directory.facts]
        near = self.near(phrase.text, names)
        self.report("R205", phrase.at, found=phrase.text, nearest=near, known=listed_names(names))
        return None

    def hours_named(self, phrase: Phrase) -> OpenHours | None:
        if phrase.text not in self.hours:
            near = self.near(phrase.text, list(self.hours))
            self.report("R208", phrase.at, found=phrase.text, nearest=near)
        return self.hours.get(phrase.text)

    def defined_as(self, phrase: Phrase) -> IsDefined | None:
        if phrase.text not in self.defined:
            self._report_unknown("R207", phrase, list(self.defined))
        return self.defined.get(phrase.text)

    def bare(self, phrase: Phrase) -> None:
        """Report a name that isn't preceded by ``team`` or ``title``."""
        person = self._person(phrase.text)
        if person is not None:
            self._refuse_person(phrase, person)
            return
        kind = None
        if self.directory.team_named(phrase.text) is not None:
            kind = "team"
        elif self.directory.title_named(phrase.text) is not None:
            kind = "title"
        self.report("R216", phrase.at, found=phrase.text, instead=f'{kind} "{phrase.text}"' if kind else 'team "…"')

    @cached_property
    def _teams(self) -> dict[str, Team]:
        return {team.name: team for team in reversed(self.directory.teams)}

    @cached_property
    def _titles(self) -> dict[str, Title]:
        return {title.name: title for title in reversed(self.directory.titles)}

    @cached_property
    def _facts(self) -> dict[str, FactType]:
        return {fact.name.lower(): fact for fact in reversed(self.directory.facts)}

    def _report_unknown(self, code: str, phrase: Phrase, known: Sequence[str]) -> None:
        person = self._person(phrase.text)
        if person is not None:
            self._refuse_person(phrase, person)
            return
        near = self.near(phrase.text, known)
        self.report(code, phrase.at, found=phrase.text, nearest=near, known=listed_names(known))

    def _person(self, name: str) -> Person | None:
        low = " ".join(name.lower().split())
        return next(
            (person for person in self.directory.people if low and low in (person.name.lower(), person.email.lower())),
            None,
        )

    def _refuse_person(self, phrase: Phrase, person: Person) -> None:
        team = next((team.name for team in self.directory.teams if team.id == person.team), "")
        title = next((title.name for title in self.directory.titles if title.id == person.title), "")
        self.report(
            "R202", phrase.at, found=phrase.text, person=person.name, team=team, title=title,
            instead=f'send to team "{team}", title "{title}"',
        )  # fmt: skip


def listed_names(names: Sequence[str]) -> str | None:
    """The names in backticks, at most ``_MOST_LISTED`` of them; None if there are none."""
    if not names:
        return None
    shown = ", ".join(f"`{name}`" for name in names[:_MOST_LISTED])
    return f"{shown} …" if len(names) > _MOST_LISTED else shown
