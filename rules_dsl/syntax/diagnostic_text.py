"""The text of one kind of diagnostic: a format string with its severity and help lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class DiagnosticText:
    """The severity, text and help lines for one code, as format strings."""

    severity: Severity
    text: str
    helps: tuple[str, ...] = ()
    """Each help line is shown only if all of its placeholders have values."""
    still_runs: bool = False
    """An error that prevents publishing, but not the loading of a text that an earlier release published with it."""


def error(text: str, *helps: str) -> DiagnosticText:
    return DiagnosticText("error", text, helps)


def later_error(text: str, *helps: str) -> DiagnosticText:
    """An error that earlier releases did not report: published texts with it still load, and mean what they meant."""
    return DiagnosticText("error", text, helps, still_runs=True)


def warning(text: str, *helps: str) -> DiagnosticText:
    return DiagnosticText("warning", text, helps)
