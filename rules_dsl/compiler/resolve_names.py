"""Looking up what a file names: teams, titles, skills, facts, hours, defined names. What is missing is reported."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar, cast

from rules_dsl.directory import Directory, FactType, Person, Skill, Team, Title
from rules_dsl.evaluation.program import Clause, IsDefined, Test
from rules_dsl.model.decision import OpenHours, Target
from rules_dsl.syntax.diagnostics import Diagnostic, diagnostic, nearest
from rules_dsl.syntax.tree_actions import TargetPhrase
from rules_dsl.syntax.tree_conditions import Condition, Phrase, Place

Made = TypeVar("Made", bound=Hashable)
_KNOWN_SHOWN = 8
_MOST_COMPARED = 5_000
"""Names compared to find what was meant, in one file: thousands of missing names are told without a suggestion."""


@dataclass
class Names:
    directory: Directory
    diagnostics: list[Diagnostic] = field(default_factory=list)
    hours: dict[str, OpenHours | None] = field(default_factory=dict)
    """None: declared, but wrong; its own message says so."""
    defined: dict[str, IsDefined | None] = field(default_factory=dict)
    used: set[tuple[str, str, int]] = field(default_factory=set)
    """Kind, name and id of all that was found: a part of the version."""
    line: int = 0
    """Of the sentence that is looked at; places inside sentences don't know it."""
    clauses: dict[Condition, Clause] = field(default_factory=dict)
    """What conditions came to about which there was nothing to say. One that stands in many lines is one object."""
    targets: dict[tuple[TargetPhrase, ...], tuple[Target, ...]] = field(default_factory=dict)
    _kept: dict[Hashable, Hashable] = field(default_factory=dict)
    _kept_clauses: dict[tuple[int, bool, str], Clause] = field(default_factory=dict)
    """By where in memory the test is, for a defined name may stand for hundreds of lines."""
    compared: int = 0

    def same(self, made: Made) -> Made:
        """What was made before, where it is equal: a ruleset holds equal parts once."""
        return cast(Made, self._kept.setdefault(made, made))

    def clause(self, test: Test, negated: bool, text: str) -> Clause:
        """The same one for the same."""
        if not isinstance(test, IsDefined):
            test = self.same(test)
        key = (id(test), negated, text)
        return self._kept_clauses.get(key) or self._kept_clauses.setdefault(key, Clause(test, negated, text))

    def near(self, word: str, known: Sequence[str]) -> str | None:
        """What was probably meant, while looking for it is cheap."""
        self.compared += len(known)
        return nearest(word, known) if self.compared <= _MOST_COMPARED else None

    def quiet(self) -> Names:
        """For looking up once more what was reported already."""
        return replace(self, diagnostics=[], used=set())

    @property
    def refused(self) -> bool:
        """Whether there is an error yet."""
        return any(diagnostic.severity == "error" for diagnostic in self.diagnostics)

    def report(self, code: str, at: Place, **said: str | int | None) -> None:
        self.diagnostics.append(diagnostic(code, at.on(self.line), **said))

    def team(self, phrase: Phrase) -> Team | None:
        team = self._teams.get(phrase.text)
        if team is None:
            self._missing("R201", phrase, [known.name for known in self.directory.teams])
        else:
            self.used.add(("team", team.name, team.id))
        return team

    def title(self, phrase: Phrase) -> Title | None:
        title = self._titles.get(phrase.text)
        if title is None:
            self._missing("R203", phrase, [known.name for known in self.directory.titles])
        else:
            self.used.add(("title", title.name, title.id))
        return title

    def skill(self, phrase: Phrase) -> Skill | None:
        skill = self.directory.skill_named(phrase.text)
        if skill is None:
            self._missing("R204", phrase, [known.name for known in self.directory.skills])
        else:
            self.used.add(("skill", skill.name, skill.id))
        return skill

    def fact(self, phrase: Phrase) -> FactType | None:
        fact = self._facts.get(phrase.text.lower())
        if fact is not None:
            return fact
        names = [fact.name for fact in self.directory.facts]
        near = self.near(phrase.text, names)
        self.report("R205", phrase.at, found=phrase.text, nearest=near, known=_listed(names, "`"))
        return None

    def hours_named(self, phrase: Phrase) -> OpenHours | None:
        if phrase.text not in self.hours:
            near = self.near(phrase.text, list(self.hours))
            self.report("R208", phrase.at, found=phrase.text, nearest=near)
        return self.hours.get(phrase.text)

    def defined_as(self, phrase: Phrase) -> IsDefined | None:
        if phrase.text not in self.defined:
            self._missing("R207", phrase, list(self.defined))
        return self.defined.get(phrase.text)

    def bare(self, phrase: Phrase) -> None:
        """A name with neither ``team`` nor ``title`` before it."""
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

    def _missing(self, code: str, phrase: Phrase, known: Sequence[str]) -> None:
        person = self._person(phrase.text)
        if person is not None:
            self._refuse_person(phrase, person)
            return
        near = self.near(phrase.text, known)
        self.report(code, phrase.at, found=phrase.text, nearest=near, known=_listed(known, '"'))

    def _person(self, name: str) -> Person | None:
        wanted = " ".join(name.lower().split())
        return next(
            (
                person
                for person in self.directory.people
                if wanted and wanted in (person.name.lower(), person.email.lower())
            ),
            None,
        )

    def _refuse_person(self, phrase: Phrase, person: Person) -> None:
        team = next((team.name for team in self.directory.teams if team.id == person.team), "")
        title = next((title.name for title in self.directory.titles if title.id == person.title), "")
        self.report(
            "R202", phrase.at, found=phrase.text, person=person.name, team=team, title=title,
            instead=f'send to team "{team}", title "{title}"',
        )  # fmt: skip


def _listed(names: Sequence[str], quote: str) -> str | None:
    if not names:
        return None
    shown = ", ".join(f"{quote}{name}{quote}" for name in names[:_KNOWN_SHOWN])
    return f"{shown} …" if len(names) > _KNOWN_SHOWN else shown
