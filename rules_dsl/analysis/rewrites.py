"""Guesses what a line that isn't in the language was meant to say. The guesses still have to be checked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules_dsl.directory import Directory
from rules_dsl.syntax.diagnostics import nearest

_SPELLINGS = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"(?<=\s)'([^'\"]*)'", r'"\1"'),
        (r"\b(is|are|do|does)n['’]t\b", r"\1 not"),
        (r"\b(when|and|unless) given\b", r"\1"),
        (r"(?<=\s)(?:==?)(?=\s)", "is"),
        (r"(?<=\s)(?:!=|<>)(?=\s)", "is not"),
        (r"\b(?:greater|higher|larger|bigger|longer|older|more) than or equal to\b", "at least"),
        (r"\b(?:less|lower|smaller|fewer|shorter|younger) than or equal to\b", "at most"),
        (r"\b(?:(?:greater|higher|larger|bigger|longer|older) than|above|more than)\b", "over"),
        (r"\b(?:(?:lower|smaller|fewer|shorter|younger) than|below|less than)\b", "under"),
        (r"\bexceeds\b", "is over"),
        (r"\b(?:is|are) (\S+(?: \w+)?) or (?:over|above|higher|more|better|longer)\b", r"is at least \1"),
        (r"\b(?:is|are) (\S+(?: \w+)?) or (?:under|below|lower|less|fewer|shorter)\b", r"is at most \1"),
        (r"\btags? (?:contains?|has|have|is|are)\b", "tags include"),
        (r"^(\s*if )(?:no[ -]?one|no[ -]?body|none)\b", r"\1nobody"),
        (r"\b(if nobody) (?:(?:answers|accepts|responds|replies|takes it|picks up) )?(?:in|within|after)\b", r"\1 in"),
    )
)
_AND_VALUES = re.compile(r"(?<=\sis )(.+) and (?:not )?(.+)", re.IGNORECASE)
_TARGET = re.compile(
    r"^(\s*send to |.*\bwiden to |\s*(?:then|and|after .*?)(?: also| not)? )"
    r"(?:the )?((?:team |title )?)[\"']?([^\"',]+?)[\"']?(?: team)?\s*$",
    re.IGNORECASE,
)


def rewritten(line: str, directory: Directory) -> Iterator[str]:
    """Yield what may be meant, likeliest first. Keeps the indent; the line has no comment."""
    spelled = line
    for pattern, replacement in _SPELLINGS:
        spelled = pattern.sub(replacement, spelled)
    if spelled != line:
        yield spelled
    joined = _AND_VALUES.sub(r"\1 or \2", spelled)
    if joined != spelled:
        yield joined
    target = _TARGET.match(spelled)
    if target is not None:
        yield from (f"{target[1]}{one}" for one in _targets(target[3], directory))


def _targets(name: str, directory: Directory) -> Iterator[str]:
    for kind, groups in (("team", directory.teams), ("title", directory.titles)):
        near = nearest(name, [group.name for group in groups])
        if near is not None:
            yield f'{kind} "{near}"'
