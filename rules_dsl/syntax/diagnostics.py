"""A message about a rules file: stable code, place, the author's words, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from string import Formatter

from rules_dsl.syntax.diagnostic_catalogue import CATALOGUE, Severity
from rules_dsl.syntax.tokens import source_lines
from rules_dsl.syntax.tree_conditions import Place

_WIDEST = 240
"""Characters of a line shown; of a longer one the part around the place."""


@dataclass(frozen=True)
class Diagnostic:
    """One thing to say about a file, with its place."""

    code: str
    severity: Severity
    line: int
    """1-based."""
    column: int
    length: int
    text: str
    helps: tuple[str, ...] = ()
    said: tuple[tuple[str, str], ...] = ()
    """The words put into the text, by their names: what a quick fix is made of."""

    def on(self, line: int) -> Diagnostic:
        """Inside a sentence, which may stand in several lines, the line is 0 until it is said here."""
        return self if self.line else replace(self, line=line)


class BadLine(Exception):
    """Ends the reading of one line, so that a bad line gives exactly one message."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.text)
        self.diagnostic = diagnostic


class RulesRefused(Exception):
    """A rules file with errors. ``diagnostics`` are all of them, warnings too, in the order of the file."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("; ".join(diagnostic.text for diagnostic in diagnostics if diagnostic.severity == "error"))
        self.diagnostics = tuple(diagnostics)


def diagnostic(code: str, at: Place, **said: str | int | None) -> Diagnostic:
    """Words come from ``CATALOGUE`` alone; a help is left out when one of its words is missing."""
    wording = CATALOGUE[code]
    helps = tuple(help.format(**said) for help in wording.helps if _complete(help, said))
    return Diagnostic(
        code,
        wording.severity,
        at.line,
        at.column,
        at.length,
        wording.text.format(**said),
        helps,
        tuple((name, str(word)) for name, word in said.items() if word is not None),
    )


def _complete(template: str, said: Mapping[str, object]) -> bool:
    fields = (field for _, field, _, _ in Formatter().parse(template) if field)
    return all(said.get(field) is not None for field in fields)


def nearest(word: str, known: Sequence[str]) -> str | None:
    """What was probably meant, whatever its capitals; None when nothing is near."""
    if not known:
        return None
    by_low = {name.lower(): name for name in reversed(known)}
    found = get_close_matches(word.lower()[:80], by_low, n=1, cutoff=0.6)
    return by_low[found[0]] if found else None


def render(diagnostic: Diagnostic, text: str, file_name: str) -> str:
    """The message as a person reads it: what, where, the line with a caret under the phrase, the helps."""
    parts = [f"{diagnostic.severity} {diagnostic.code}: {diagnostic.text}"]
    parts.append(f"  {file_name}, line {diagnostic.line}, column {diagnostic.column}")
    lines = source_lines(text)
    source = lines[diagnostic.line - 1].text if 0 < diagnostic.line <= len(lines) else ""
    number = f"{diagnostic.line:>4}"
    start = max(0, diagnostic.column - _WIDEST // 2) if len(source) > _WIDEST else 0
    shown = "".join(" " if mark.isspace() else mark for mark in source[start : start + _WIDEST]).rstrip()
    parts.append(f"{number} | {shown}")
    carets = "^" * max(1, min(diagnostic.length, _WIDEST - (diagnostic.column - 1 - start)))
    parts.append(f"{' ' * len(number)} | {' ' * (diagnostic.column - 1 - start)}{carets}")
    parts.extend(f"     = {help}" for help in diagnostic.helps)
    return "\n".join(parts) + "\n"
