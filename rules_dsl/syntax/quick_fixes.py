"""Quick fixes, which apply a diagnostic's suggestion to the text."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rules_dsl.syntax.diagnostics import Diagnostic
from rules_dsl.syntax.tokens import source_lines

_SIGNS = {
    "=": "is", "==": "is", "!=": "is not", "<>": "is not",
    ">=": "is at least", "<=": "is at most", ">": "is over", "<": "is under",
}  # fmt: skip
_MEANINGLESS = re.compile(r"[\W_]+|only|please|first", re.IGNORECASE)
_LAST_WORD = re.compile(r"(\w+)[ \t]*$")


@dataclass(frozen=True)
class Fix:
    """Replace the characters from ``start`` to ``end`` with ``replacement``."""

    title: str
    """The menu entry: the new text, or what the fix does."""
    start: int
    """Offsets into the text, in characters (code points)."""
    end: int
    replacement: str


@dataclass(frozen=True)
class _DiagnosticPlace:
    """The position in a text that a diagnostic points to."""

    start: int
    end: int
    line: str
    """Without the line ending."""
    line_start: int
    newline: str

    @property
    def line_end(self) -> int:
        return self.line_start + len(self.line.rstrip())

    @property
    def before(self) -> str:
        return self.line[: self.start - self.line_start]

    @property
    def indent(self) -> str:
        return self.line[: len(self.line) - len(self.line.lstrip())]


def quick_fixes(text: str, diagnostic: Diagnostic) -> tuple[Fix, ...]:
    """The fixes for a diagnostic, likeliest first; empty if its suggestion can't be applied as it is. Never raises."""
    make = _FIXES.get(diagnostic.code)
    place = _place(text, diagnostic)
    arguments = dict(diagnostic.arguments)
    if place is not None and "line" in arguments:
        line = arguments["line"]
        replacement = line.replace("\n", place.newline)
        return (Fix(line.replace("\n", " ↵ "), place.line_start + len(place.indent), place.line_end, replacement),)
    if make is None or place is None or arguments.get("fix") == "none":
        return ()
    return make(place, arguments)


def _place(text: str, diagnostic: Diagnostic) -> _DiagnosticPlace | None:
    lines = source_lines(text)
    if not 0 < diagnostic.line <= len(lines):
        return None
    line_start, line = lines[diagnostic.line - 1]
    start = min(diagnostic.column - 1, len(line))
    end = min(start + diagnostic.length, len(line))
    newline = "\r\n" if "\r\n" in text else "\n"
    return _DiagnosticPlace(line_start + start, line_start + end, line, line_start, newline)


_Arguments = dict[str, str]
_Make = Callable[[_DiagnosticPlace, _Arguments], tuple[Fix, ...]]


def _replace_place(place: _DiagnosticPlace, replacement: str) -> tuple[Fix, ...]:
    return (Fix(replacement.strip(), place.start, place.end, replacement),)


def _nearest_bare(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    return _replace_place(place, arguments["nearest"]) if "nearest" in arguments else ()


def _nearest_name(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    return _replace_place(place, f'"{arguments["nearest"]}"') if "nearest" in arguments else ()


def _nearest_sentence(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    """Replace the first words of the line with those of the nearest sentence; keep the rest."""
    sentence = re.split(r' (?="|[0-9])', arguments.get("nearest", ""), maxsplit=1)[0].split()
    words = list(re.finditer(r"\S+", place.line[place.start - place.line_start :]))[: len(sentence)]
    if not sentence or len(words) < len(sentence):
        return ()
    return (Fix(" ".join(sentence), place.start, place.start + words[-1].end(), " ".join(sentence)),)


def _close_quote(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    return (Fix("close the quote", place.end, place.end, '"'),) if place.end - place.start > 1 else ()


def _quote(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    return _replace_place(place, f'"{arguments["found"]}"')


def _remove_mark(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    """Only what has no meaning is removed from the end of a line."""
    return _remove(place, arguments) if _MEANINGLESS.fullmatch(arguments["found"]) else ()


def _remove(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    gap = len(place.before) - len(place.before.rstrip())
    return (Fix("remove it", place.start - gap, place.end, ""),)


def _remove_line(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    before = max(0, place.line_start - len(place.newline))
    return (Fix("remove the line", before, place.line_start + len(place.line), ""),)


def _heading(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    return _replace_place(place, arguments["heading"])


def _first_of_nearest(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    return _replace_place(place, arguments["nearest"].split()[0]) if arguments.get("nearest") else ()


def _step(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    """Replace a step with the nearest known one, keeping any name in it."""
    near = arguments.get("nearest")
    if near is None:
        return ()
    own = re.search(r'"[^"]*"', arguments["found"])
    return (
        _replace_place(place, re.sub(r'"[^"]*"', lambda _: own[0], near) if own else near)
        if own or '"' not in near
        else ()
    )


def _next_line(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    gap = len(place.before) - len(place.before.rstrip())
    broken = f"{place.newline}{place.indent}{arguments['instead']}"
    whole = place.line_start + len(place.line)
    return (Fix(f"on the next line: {arguments['instead']}", place.start - gap, whole, broken),)


def _in_words(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    return _replace_place(place, _SIGNS[arguments["found"]]) if arguments["found"] in _SIGNS else ()


def _not_after(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    condition = place.line[place.start - place.line_start : place.end - place.line_start]
    moved = re.sub(r"^not\s+(.*?)\s+(is|are)\s+", r"\1 \2 not ", condition, flags=re.IGNORECASE)
    return _replace_place(place, moved) if moved != condition and " is not not " not in moved else ()


def _begin_with_when(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    found = re.match(r"\s*(or\s+when|and)\b", place.line, re.IGNORECASE)
    if found is None:
        return ()
    start = place.line_start + found.start(1)
    return (Fix("when", start, place.line_start + found.end(), "when"),)


def _second_when(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    return tuple(
        Fix(f"{lead} {arguments['rest']}", place.start, place.end, f"{lead} {arguments['rest']}")
        for lead in ("and", "or when")
    )


def _team_of_person(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    """Replace a person in ``send to`` or ``widen to`` with their team and title."""
    word = _LAST_WORD.search(place.before)
    low = word[1].lower() if word else ""
    if low not in ("to", "team", "title", "or") or " for " in place.before:
        return ()
    target = arguments["instead"].removeprefix("send to ")
    start = place.line_start + word.start() if word is not None and low in ("team", "title") else place.start
    return (Fix(target, start, place.end, target),)


def _add_kind(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    return _replace_place(place, arguments["instead"]) if "…" not in arguments["instead"] else ()


def _clearer(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    return tuple(
        fix for name in ("one", "other") if name in arguments for fix in _replace_place(place, arguments[name])
    )


def _instead(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    return _replace_place(place, arguments["instead"]) if "instead" in arguments else ()


def _plain_flag(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    if arguments["kind"] != "yes or no":
        return ()
    return tuple(
        Fix(condition, place.start, place.end, condition)
        for condition in (arguments["fact"], f"not {arguments['fact']}")
    )


def _when_anything(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    end = place.line_start + len(place.line)
    return (Fix("to match every escalation: when anything", end, end, f"{place.newline}  when anything"),)


def _head(place: _DiagnosticPlace, arguments: _Arguments) -> tuple[Fix, ...]:
    head = f'rules for "{arguments["desk"]}"'
    return (Fix(head, 0, 0, f"{head}{place.newline}{place.newline}"),)


_FIXES: dict[str, _Make] = {
    **dict.fromkeys(("R116", "R125", "R205", "R206", "R209"), _nearest_bare),
    **dict.fromkeys(("R201", "R203", "R204", "R207", "R208", "R210", "R211"), _nearest_name),
    "R101": _nearest_sentence, "R102": _close_quote, "R103": _quote, "R110": _remove_mark, "R112": _heading,
    "R113": _first_of_nearest, "R115": _step, "R119": _next_line, "R120": _in_words, "R124": _remove,
    "R127": _not_after, "R130": _begin_with_when, "R131": _second_when, "R202": _team_of_person,
    "R212": _plain_flag, "R216": _add_kind, "R306": _when_anything, "R314": _head,
    "R316": _remove_line, "R326": _remove_line, "R329": _remove_line,
    "R221": _clearer, **dict.fromkeys(("R135", "R223", "R330"), _instead),
    "R335": _remove_line,
}  # fmt: skip
