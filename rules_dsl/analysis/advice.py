"""Makes diagnostics more helpful with what the directory knows. What they propose has been checked to be right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rules_dsl.analysis.rewrites import names_meant, rewritten
from rules_dsl.compiler.resolve_names import listed_names
from rules_dsl.directory import Directory, Person
from rules_dsl.syntax.diagnostics import Diagnostic, diagnostic, nearest
from rules_dsl.syntax.quick_fixes import Fix, quick_fixes
from rules_dsl.syntax.tokens import source_lines
from rules_dsl.syntax.tree_conditions import Place

_MOST_CHECKED = 16
"""How many proposals are checked per file at most, because each takes as long as compiling it."""
_LONGEST_GUESSED = 300
"""No guesses are made about a line with more characters."""
_LONGEST = 20_000
"""In a text with more characters, none is checked."""
_ABOUT_ONE_LINE = ("R1", "R2")
_NAMES = frozenset({"R201", "R203", "R204", "R207", "R208"})
_KEPT = frozenset({"R122", "R123", "R124", "R134", "R202", "R221", "R222", "R314"})
"""Errors whose own advice is better than any guess, or that aren't about words."""
_HOURS = re.compile(r'^[ \t]*hours[ \t]+"([^"\n]+)"', re.IGNORECASE | re.MULTILINE)
_NAMES_SOMEBODY = frozenset({"R103", "R117", "R201", "R203", "R216"})
_KIND_OF_PERSON = re.compile(r"^(?:the )?(?:agent|person|user|colleague|team|title)\s+", re.IGNORECASE)
_TIME = re.compile(r"\b(?:\d\d?:\d\d|\d\d?[ap]m|weekends?|weekdays?|night|evening|morning|noon|midnight|holidays?|"
                   r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b", re.IGNORECASE)  # fmt: skip
_TEXT_TEST = re.compile(
    r"^([\w ]+?) (?:contains?|includes?|like|match(?:es)?|starts?|ends?|mentions?|has)\b", re.IGNORECASE
)
_OWN_HOURS = (
    'times need opening hours with a name, in a block of their own: hours "evening" are Mon to Fri 18:00 to 24:00',
    'then write: during hours "evening"',
)
_SAMPLE_ZONE = "Europe/Copenhagen"
_SAMPLE = re.compile(r'\b(team|title|skill) "(Support|Platform|Workshop|Principal Engineer|Advisor|diesel)"')

Check = Callable[[str], Sequence[Diagnostic]]
"""Every diagnostic of a text, without advice."""


def advised(text: str, diagnostics: Sequence[Diagnostic], directory: Directory, check: Check) -> list[Diagnostic]:
    """The diagnostics, in order, with the organisation's own names in their examples and lines that are right."""
    trial = _Trial(text, check, frozenset(diagnostics), _MOST_CHECKED if len(text) <= _LONGEST else 0)
    found: list[Diagnostic] = []
    for one in diagnostics:
        better = _somebody(one, directory) or _with_own_names(_about_its_fact(one, directory), directory)
        about_words = better.code.startswith(_ABOUT_ONE_LINE) and better.code not in _KEPT
        if better.severity == "error" and about_words and not trial.ended:
            better = _corrected(text, better, directory, trial)
        found.append(_naming_look_alikes(better))
    return found


@dataclass
class _Trial:
    """Checks proposals by applying them."""

    text: str
    check: Check
    before: frozenset[Diagnostic]
    left: int

    @property
    def ended(self) -> bool:
        return self.left <= 0

    def corrects(self, one: Diagnostic, fix: Fix, *, reveals: bool) -> bool:
        """Whether the error is gone once this is applied, and no other has come on the lines that it makes.

        With ``reveals``, a fix of how a line is written may reveal that a name in it is unknown.
        """
        if self.left <= 0:
            return False
        self.left -= 1
        changed = self.text[: fix.start] + fix.replacement + self.text[fix.end :]
        lines = range(one.line, one.line + 1 + fix.replacement.count("\n"))
        known = {(other.code, other.text) for other in self.before if other.line == one.line} - {(one.code, one.text)}
        left = (other for other in self.check(changed) if other.line in lines and other.severity == "error")
        revealed = _NAMES if reveals and one.code.startswith("R1") else frozenset()
        return all((other.code, other.text) in known or other.code in revealed for other in left)


def _corrected(text: str, one: Diagnostic, directory: Directory, trial: _Trial) -> Diagnostic:
    """The diagnostic with advice that is right if there is any, otherwise without a fix that is known to be wrong."""
    start, line = source_lines(text)[one.line - 1]
    own = quick_fixes(text, one)[:1]
    guesses: tuple[tuple[Fix, ...], ...] = ((), own, ())
    if "#" not in line and len(line) <= _LONGEST_GUESSED:
        hours = tuple(_HOURS.findall(text))
        meant, named = ([Fix(new.strip(), start, start + len(line), new) for new in dict.fromkeys(lines) if new.strip()]
                        for lines in (rewritten(line, directory, hours), names_meant(line, directory)))  # fmt: skip
        guesses = (tuple(meant), own, tuple(named))
    for some in guesses if one.code != "R119" else (own, *guesses):
        for fix in some:
            right = trial.corrects(one, fix, reveals=some is own)
            if right or trial.ended:
                return one if some is own or not right else _with_line(one, fix)
    return _without_fix(one) if own else one


def _with_line(one: Diagnostic, fix: Fix) -> Diagnostic:
    first, *below = (line.strip() for line in fix.title.splitlines())
    helps = (f"write: {first}", *(f"and on the next line: {line}" for line in below))
    return replace(one, helps=helps, arguments=(*one.arguments, ("line", fix.title)))


def _without_fix(one: Diagnostic) -> Diagnostic:
    helps = tuple(help for help in one.helps if not help.startswith(("did you mean", "try: ")))
    return replace(one, helps=helps, arguments=(*one.arguments, ("fix", "none")))


def _about_its_fact(one: Diagnostic, directory: Directory) -> Diagnostic:
    """What a test of a text or of the clock lacks: a fact of this name, or opening hours."""
    found = dict(one.arguments).get("found", "")
    if one.code == "R205" and _TIME.search(found):
        return replace(one, helps=_OWN_HOURS)
    tested = _TEXT_TEST.match(found) if one.code == "R118" else None
    if tested is None or directory.fact_named(tested[1]) is not None:
        return one
    names = [fact.name for fact in directory.facts]
    place = Place(one.line, one.column, len(tested[1]))
    return diagnostic("R205", place, found=tested[1], nearest=nearest(tested[1], names), known=listed_names(names))


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

    def owned(value: str) -> str:
        return _SAMPLE.sub(own, value).replace(_SAMPLE_ZONE, directory.time_zone)

    arguments = tuple(
        (name, owned(value) if name in ("example", "nearest") else value) for name, value in one.arguments
    )
    helps = tuple(owned(help) if dict(one.arguments).keys() & {"example", "nearest"} else help
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
