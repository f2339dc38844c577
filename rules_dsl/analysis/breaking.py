"""What a change of the directory would break in a rules file that stands."""

from __future__ import annotations

from rules_dsl.analysis.check import check_rules
from rules_dsl.directory import Directory
from rules_dsl.syntax.diagnostics import Message


def broken_lines(text: str, before: Directory, after: Directory) -> tuple[Message, ...]:
    """The errors that the file would have with the directory ``after`` and has not with the one ``before``."""
    standing = {(one.code, one.line, one.column) for one in check_rules(text, before)}
    return tuple(
        one
        for one in check_rules(text, after)
        if one.severity == "error" and (one.code, one.line, one.column) not in standing
    )
