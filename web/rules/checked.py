"""A rules text with what is to be said about it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rules_dsl import Diagnostic, Directory, Fix, check_rules, quick_fixes, render

FILE = "desk.rules"
_DRAWN = re.compile(r" *\d* +\| ")
LONGEST = 300_000
"""Characters of a rules text."""
MOST_SHOWN = 200
"""Messages drawn about one text."""
MOST_DRAWN = 5_000
"""Lines of a text that a page draws with their numbers."""


@dataclass(frozen=True)
class DiagnosticView:
    """One message as it is shown under the editor."""

    line: int
    """1-based; 0 where the text is too long to be read."""
    severity: str
    code: str
    text: str
    drawing: str
    """The line with its caret; empty where the text is too long to be read."""
    helps: tuple[str, ...]
    column: int = 0
    """1-based, in characters."""
    length: int = 0
    fixes: tuple[Fix, ...] = ()

    @property
    def data(self) -> dict[str, Any]:
        """For the editor, which draws the message under its line."""
        return {name: value for name, value in asdict(self).items() if name != "drawing"}


@dataclass(frozen=True)
class CheckResult:
    text: str
    diagnostics: tuple[DiagnosticView, ...] = ()
    """In the order of the file; of more than ``MOST_SHOWN`` the errors come first."""
    errors: int = 0
    """Of the whole text, as ``warnings``, whether shown or not."""
    warnings: int = 0
    bad_lines: frozenset[int] = frozenset()
    """Every line that something is said about."""

    @property
    def said(self) -> int:
        return self.errors + self.warnings

    @property
    def more(self) -> int:
        """Messages that are counted and not shown."""
        return self.said - len(self.diagnostics)

    @property
    def lines(self) -> list[str]:
        return drawn_lines(self.text)

    @property
    def lines_left_out(self) -> int:
        return self.text.count("\n") + 1 - len(self.lines)


def drawn_lines(text: str) -> list[str]:
    """The lines of a text, as many as a page draws."""
    return text.split("\n", MOST_DRAWN)[:MOST_DRAWN]


def plain(text: str) -> str:
    """As it was typed, with the line ends that browsers change put back."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


async def check(text: str, directory: Directory) -> CheckResult:
    """Checked and drawn off the event loop, because a long file takes a while."""
    if len(text) > LONGEST:
        said = f"these rules have {len(text):,} characters; at most {LONGEST:,} can be read"
        return CheckResult(text, (DiagnosticView(0, "error", "", said, "", ()),), errors=1)
    return await asyncio.to_thread(lambda: shown(text, check_rules(text, directory)))


def shown(text: str, diagnostics: Sequence[Diagnostic]) -> CheckResult:
    """These messages, in the order of the file, as they are drawn; of thousands only the first."""
    errors = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
    drawn = sorted(diagnostics, key=_severity)[:MOST_SHOWN] if len(diagnostics) > MOST_SHOWN else list(diagnostics)
    drawn.sort(key=lambda diagnostic: (diagnostic.line, diagnostic.column))
    return CheckResult(
        text,
        tuple(_shown(diagnostic, text) for diagnostic in drawn),
        errors,
        len(diagnostics) - errors,
        frozenset(diagnostic.line for diagnostic in diagnostics),
    )


def _severity(diagnostic: Diagnostic) -> bool:
    """Sorts errors before warnings."""
    return diagnostic.severity != "error"


def _shown(diagnostic: Diagnostic, text: str) -> DiagnosticView:
    drawing = "\n".join(line for line in render(diagnostic, text, FILE).splitlines() if _DRAWN.match(line))
    fixes = quick_fixes(text, diagnostic)
    return DiagnosticView(
        diagnostic.line, diagnostic.severity, diagnostic.code, diagnostic.text, drawing, diagnostic.helps,
        diagnostic.column, diagnostic.length, fixes,
    )  # fmt: skip
