"""Makes diagnostics more helpful with what the directory knows. What they propose has been checked to be right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rules_dsl.analysis.rewrites import rewritten
from rules_dsl.directory import Directory, Person
from rules_dsl.syntax.diagnostics import Diagnostic, diagnostic
from rules_dsl.syntax.quick_fixes import Fix, quick_fixes
from rules_dsl.syntax.tokens import source_lines
from rules_dsl.syntax.tree_conditions import Place

_MOST_CHECKED = 8
"""How many proposals are checked per file at most, because each takes as long as compiling it."""
_LONGEST = 20_000
"""In a text with more characters, none is checked."""
_REWRITTEN = frozenset(
    {"R101", "R103", "R105", "R106", "R110", "R117", "R118", "R119", "R120", "R201", "R203", "R205", "R206", "R212",
     "R213", "R216"}
)  # fmt: skip
_NAMES_SOMEBODY = frozenset({"R103", "R117", "R201", "R203", "R216"})
_KIND_OF_PERSON = re.compile(r"^(?:the )?(?:agent|person|user|colleague|team|title)\s+", re.IGNORECASE)
_SAMPLE = re.compile(r'\b(team|title|skill) "(Support|Platform|Workshop|Principal Engineer|Advisor|diesel)"')

Check = Callable[[str], Sequence[Diagnostic]]
"""Every diagnostic of a text, without advice."""


def advised(text: str, diagnostics: Sequence[Diagnostic], directory: Directory, check: Check) -> list[Diagnostic]:
    """The diagnostics, in order, with the organisation's own names in their examples and lines that are right."""
    trial = _Trial(text, check, _MOST_CHECKED if len(text) <= _LONGEST else 0)
    found: list[Diagnostic] = []
    for one in diagnostics:
        better = _somebody(one, directory) or _with_own_names(one, directory)
        if better.code in _REWRITTEN and not any(trial.corrects(better, fix) for fix in quick_fixes(text, better)[:1]):
            fix = next((fix for fix in _candidates(text, one, directory) if trial.corrects(one, fix)), None)
            if fix is not None:
                arguments = (*better.arguments, ("line", fix.title))
                better = replace(better, helps=(f"write: {fix.title}",), arguments=arguments)
        found.append(_naming_look_alikes(better))
    return found


@dataclass
class _Trial:
    """Checks proposals by applying them."""

    text: str
    check: Check
    left: int

    def corrects(self, one: Diagnostic, fix: Fix) -> bool:
        """Whether no error is left on the line once this is applied, nor on the next if the fix breaks the line."""
        if self.left <= 0:
            return False
        self.left -= 1
        changed = self.text[: fix.start] + fix.replacement + self.text[fix.end :]
        lines = range(one.line, one.line + 1 + fix.replacement.count("\n"))
        return not any(other.line in lines and other.severity == "error" for other in self.check(changed))


def _candidates(text: str, one: Diagnostic, directory: Directory) -> Iterator[Fix]:
    lines = source_lines(text)
    start, line = lines[one.line - 1] if 0 < one.line <= len(lines) else (0, "#")
    if "#" not in line:
        yield from (Fix(new.strip(), start, start + len(line), new) for new in rewritten(line, directory))


def _somebody(one: Diagnostic, directory: Directory) -> Diagnostic | None:
    """For a name that is a person's, or the first or last part of one, the error that rules name no person."""
    if one.code not in _NAMES_SOMEBODY:
        return None
    found = dict(one.arguments).get("found", "")
    bare = _KIND_OF_PERSON.sub("", found.replace('"', "").replace("'", "").strip()).lower()
    people = [person for person in directory.people if bare in _names_of(person)]
    groups = {team.name.lower() for team in directory.teams} | {title.name.lower() for title in directory.titles}
    if not bare or not people or bare in groups:
        return None
    shown = bare.title() if "@" not in bare else bare
    place = Place(one.line, one.column, one.length)
    if len(people) > 1:
        return diagnostic("R202", place, found=shown)
    (person,) = people
    team = next((team.name for team in directory.teams if team.id == person.team), "")
    title = next((title.name for title in directory.titles if title.id == person.title), "")
    instead = f'send to team "{team}", title "{title}"'
    return diagnostic("R202", place, found=shown, person=person.name, team=team, title=title, instead=instead)


def _names_of(person: Person) -> set[str]:
    words = person.name.lower().split()
    return {person.name.lower(), person.email.lower(), words[0], words[-1]} if words else {person.email.lower()}


def _with_own_names(one: Diagnostic, directory: Directory) -> Diagnostic:
    """The diagnostic with a team, title or skill of this organisation in its examples."""
    names = {
        "team": [team.name for team in directory.teams],
        "title": [title.name for title in directory.titles],
        "skill": [skill.name for skill in directory.skills],
    }

    def own(sample: re.Match[str]) -> str:
        known = names[sample[1]]
        return sample[0] if not known or sample[2] in known else f'{sample[1]} "{known[0]}"'

    arguments = tuple(
        (name, _SAMPLE.sub(own, value) if name in ("example", "nearest") else value) for name, value in one.arguments
    )
    helps = tuple(_SAMPLE.sub(own, help) if dict(one.arguments).keys() & {"example", "nearest"} else help
                  for help in one.helps)  # fmt: skip
    return replace(one, helps=helps, arguments=arguments)


def _naming_look_alikes(one: Diagnostic) -> Diagnostic:
    """Names a letter of another script in a word of Latin letters, where it can't be seen."""
    found = dict(one.arguments).get("found", "")
    for word in re.findall(r"\w+", found):
        scripts = {unicodedata.name(letter, "?").split()[0]: letter for letter in word if letter.isalpha()}
        other = next((letter for script, letter in scripts.items() if script in ("CYRILLIC", "GREEK")), None)
        if other is not None and "LATIN" in scripts:
            name = unicodedata.name(other).lower()
            return replace(one, helps=(*one.helps, f"in `{word}`, `{other}` is not a Latin letter, but a {name}"))
    return one
