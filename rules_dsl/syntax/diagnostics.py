"""Diagnostics about a rules file: a stable code, a position, the author's words, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from string import Formatter

from rules_dsl.syntax.diagnostic_catalogue import CATALOGUE
from rules_dsl.syntax.diagnostic_text import Severity
from rules_dsl.syntax.tokens import source_lines
from rules_dsl.syntax.tree_conditions import Place

_WIDEST = 240
"""Maximum number of characters of a line to show. Of a longer line, only the part around the reported position is
shown.
"""


@dataclass(frozen=True)
class Diagnostic:
    """An error or warning about a rules file, with its position."""

    code: str
    severity: Severity
    line: int
    """1-based, like ``column``, which counts characters."""
    column: int
    length: int
    text: str
    helps: tuple[str, ...] = ()
    arguments: tuple[tuple[str, str], ...] = ()
    """The values of the text's placeholders, by name; quick fixes are built from them."""

    def on(self, line: int) -> Diagnostic:
        """Set the line unless it is already set. In a cached sentence, which may occur on many lines, the line is 0."""
        return self if self.line else replace(self, line=line)


class BadLine(Exception):
    """Stops parsing a line, so that a bad line yields exactly one diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.text)
        self.diagnostic = diagnostic


class RulesRefused(Exception):
    """A rules file with errors. ``diagnostics`` holds all of its errors and warnings, in file order."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("; ".join(diagnostic.text for diagnostic in diagnostics if diagnostic.severity == "error"))
        self.diagnostics = tuple(diagnostics)


def diagnostic(code: str, at: Place, **arguments: str | int | None) -> Diagnostic:
    """Build a diagnostic from ``CATALOGUE``. Help lines with a missing argument are omitted."""
    template = CATALOGUE[code]
    helps = tuple(help.format(**arguments) for help in template.helps if _complete(help, arguments))
    return Diagnostic(
        code,
        template.severity,
        at.line,
        at.column,
        at.length,
        template.text.format(**arguments),
        helps,
        tuple((name, str(value)) for name, value in arguments.items() if value is not None),
    )


def _complete(template: str, arguments: Mapping[str, object]) -> bool:
    fields = (field for _, field, _, _ in Formatter().parse(template) if field)
    return all(arguments.get(field) is not None for field in fields)


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The closest known word, ignoring case; None if nothing is close."""
    if not known:
        return None
    by_low = {name.lower(): name for name in reversed(known)}
    found = get_close_matches(word.lower()[:80], by_low, n=1, cutoff=0.6)
    return by_low[found[0]] if found else None


def render(diagnostic: Diagnostic, text: str, file_name: str) -> str:
    """Format a diagnostic for a terminal: text, position, the line with carets under the phrase, help lines."""
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
