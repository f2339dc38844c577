"""A rules text with its diagnostics."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from database.bounded_threads import RULES_TEXTS
from rules_dsl import Diagnostic, Directory, Fix, check_rules, quick_fixes, render

FILE = "desk.rules"
_DRAWN = re.compile(r" *\d* +\| ")
LONGEST = 300_000
"""Maximum characters of a rules text."""
MOST_SHOWN = 200
"""Maximum diagnostics shown for one text."""
MOST_DRAWN = 5_000
"""Maximum lines of a text shown with their numbers."""


@dataclass(frozen=True)
class DiagnosticView:
    """A diagnostic as shown under the editor."""

    line: int
    """The line's number, starting at 1; 0 if the text is too long to check."""
    severity: str
    code: str
    text: str
    drawing: str
    """The line with a caret under the error; empty if the text is too long to check."""
    helps: tuple[str, ...]
    column: int = 0
    """The column in characters, starting at 1."""
    length: int = 0
    fixes: tuple[Fix, ...] = ()

    @property
    def data(self) -> dict[str, Any]:
        """JSON for the editor, which shows the diagnostic under its line."""
        return {name: value for name, value in asdict(self).items() if name != "drawing"}


@dataclass(frozen=True)
class CheckResult:
    text: str
    diagnostics: tuple[DiagnosticView, ...] = ()
    """At most ``MOST_SHOWN``, in file order. If there are more, warnings are left out first."""
    errors: int = 0
    """Counted in the whole text, like ``warnings``, whether shown or not."""
    warnings: int = 0
    bad_lines: frozenset[int] = frozenset()
    """All lines with a diagnostic."""

    @property
    def count(self) -> int:
        return self.errors + self.warnings

    @property
    def more(self) -> int:
        """The number of diagnostics that are counted but not shown."""
        return self.count - len(self.diagnostics)

    @property
    def lines(self) -> list[str]:
        return drawn_lines(self.text)

    @property
    def lines_left_out(self) -> int:
        return self.text.count("\n") + 1 - len(self.lines)


def drawn_lines(text: str) -> list[str]:
    """The first ``MOST_DRAWN`` lines of a text."""
    return text.split("\n", MOST_DRAWN)[:MOST_DRAWN]


def plain(text: str) -> str:
    """The text as typed. Browsers send every line ending as CR LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


async def check(text: str, directory: Directory) -> CheckResult:
    """Check a text, in a thread because long texts take a while."""
    if len(text) > LONGEST:
        problem = f"these rules have {len(text):,} characters; at most {LONGEST:,} can be read"
        return CheckResult(text, (DiagnosticView(0, "error", "", problem, "", ()),), errors=1)
    return await RULES_TEXTS.run(lambda: shown(text, check_rules(text, directory)))


def shown(text: str, diagnostics: Sequence[Diagnostic]) -> CheckResult:
    """The result with these diagnostics, of which it shows at most ``MOST_SHOWN``."""
    errors = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
    first = sorted(diagnostics, key=_severity)[:MOST_SHOWN] if len(diagnostics) > MOST_SHOWN else list(diagnostics)
    first.sort(key=lambda diagnostic: (diagnostic.line, diagnostic.column))
    return CheckResult(
        text,
        tuple(_view(diagnostic, text) for diagnostic in first),
        errors,
        len(diagnostics) - errors,
        frozenset(diagnostic.line for diagnostic in diagnostics),
    )


def _severity(diagnostic: Diagnostic) -> bool:
    """Sorts errors before warnings."""
    return diagnostic.severity != "error"


def _view(diagnostic: Diagnostic, text: str) -> DiagnosticView:
    drawing = "\n".join(line for line in render(diagnostic, text, FILE).splitlines() if _DRAWN.match(line))
    fixes = quick_fixes(text, diagnostic)
    return DiagnosticView(
        diagnostic.line, diagnostic.severity, diagnostic.code, diagnostic.text, drawing, diagnostic.helps,
        diagnostic.column, diagnostic.length, fixes,
    )  # fmt: skip
