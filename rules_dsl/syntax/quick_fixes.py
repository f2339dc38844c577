"""Quick fixes: what a message suggests, as a change to the text that makes it."""

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
_LAST_WORD = re.compile(r"(\w+)[ \t]*$")


@dataclass(frozen=True)
class Fix:
    """Put ``replacement`` in place of the characters from ``start`` to ``end``."""

    title: str
    """For a menu: what will stand there."""
    start: int
    """Offsets into the text, in characters (code points)."""
    end: int
    replacement: str


@dataclass(frozen=True)
class _MessagePlace:
    """Where a message points, in a text."""

    start: int
    end: int
    line: str
    """Without its end."""
    line_start: int
    newline: str

    @property
    def before(self) -> str:
        return self.line[: self.start - self.line_start]

    @property
    def indent(self) -> str:
        return self.line[: len(self.line) - len(self.line.lstrip())]


def quick_fixes(text: str, diagnostic: Diagnostic) -> tuple[Fix, ...]:
    """The likeliest first; empty where a message suggests nothing that could be put in as it is. Never raises."""
    make = _FIXES.get(diagnostic.code)
    place = _place(text, diagnostic)
    return make(place, dict(diagnostic.said)) if make is not None and place is not None else ()


def _place(text: str, diagnostic: Diagnostic) -> _MessagePlace | None:
    lines = source_lines(text)
    if not 0 < diagnostic.line <= len(lines):
        return None
    line_start, written = lines[diagnostic.line - 1]
    start = min(diagnostic.column - 1, len(written))
    end = min(start + diagnostic.length, len(written))
    newline = "\r\n" if "\r\n" in text else "\n"
    return _MessagePlace(line_start + start, line_start + end, written, line_start, newline)


_Said = dict[str, str]
_Make = Callable[[_MessagePlace, _Said], tuple[Fix, ...]]


def _instead(place: _MessagePlace, replacement: str) -> tuple[Fix, ...]:
    return (Fix(replacement.strip(), place.start, place.end, replacement),)


def _nearest_bare(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    return _instead(place, said["nearest"]) if "nearest" in said else ()


def _nearest_name(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    return _instead(place, f'"{said["nearest"]}"') if "nearest" in said else ()


def _nearest_sentence(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    """The first words of a known sentence in place of as many of the author's; the rest stays theirs."""
    known = re.split(r' (?="|[0-9])', said.get("nearest", ""), maxsplit=1)[0].split()
    words = list(re.finditer(r"\S+", place.line[place.start - place.line_start :]))[: len(known)]
    if not known or len(words) < len(known):
        return ()
    return (Fix(" ".join(known), place.start, place.start + words[-1].end(), " ".join(known)),)


def _close_quote(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    return (Fix("close the quote", place.end, place.end, '"'),) if place.end - place.start > 1 else ()


def _quote(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    return _instead(place, f'"{said["found"]}"')


def _take_out(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    gap = len(place.before) - len(place.before.rstrip())
    return (Fix("take it out", place.start - gap, place.end, ""),)


def _take_out_line(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    before = max(0, place.line_start - len(place.newline))
    return (Fix("take the line out", before, place.line_start + len(place.line), ""),)


def _heading(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    return _instead(place, said["heading"])


def _first_of_nearest(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    return _instead(place, said["nearest"].split()[0]) if said.get("nearest") else ()


def _step(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    """A step with a name keeps the author's name."""
    near = said.get("nearest")
    if near is None:
        return ()
    own = re.search(r'"[^"]*"', said["found"])
    return (
        _instead(place, re.sub(r'"[^"]*"', lambda _: own[0], near) if own else near) if own or '"' not in near else ()
    )


def _next_line(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    gap = len(place.before) - len(place.before.rstrip())
    broken = f"{place.newline}{place.indent}{said['instead']}"
    whole = place.line_start + len(place.line)
    return (Fix(f"on the next line: {said['instead']}", place.start - gap, whole, broken),)


def _in_words(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    return _instead(place, _SIGNS[said["found"]]) if said["found"] in _SIGNS else ()


def _not_after(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    written = place.line[place.start - place.line_start : place.end - place.line_start]
    turned = re.sub(r"^not\s+(.*?)\s+(is|are)\s+", r"\1 \2 not ", written, flags=re.IGNORECASE)
    return _instead(place, turned) if turned != written and " is not not " not in turned else ()


def _begin_with_when(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    found = re.match(r"\s*(or\s+when|and)\b", place.line, re.IGNORECASE)
    if found is None:
        return ()
    start = place.line_start + found.start(1)
    return (Fix("when", start, place.line_start + found.end(), "when"),)


def _second_when(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    return tuple(
        Fix(f"{lead} {said['rest']}", place.start, place.end, f"{lead} {said['rest']}") for lead in ("and", "or when")
    )


def _team_of_person(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    """In place of a person in ``send to`` or ``widen to``: their team and title."""
    word = _LAST_WORD.search(place.before)
    low = word[1].lower() if word else ""
    if low not in ("to", "team", "title", "or") or " for " in place.before:
        return ()
    target = said["instead"].removeprefix("send to ")
    start = place.line_start + word.start() if word is not None and low in ("team", "title") else place.start
    return (Fix(target, start, place.end, target),)


def _say_which(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    return _instead(place, said["instead"]) if "…" not in said["instead"] else ()


def _ask_yes_no(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    if said["kind"] != "yes or no":
        return ()
    return tuple(Fix(way, place.start, place.end, way) for way in (said["fact"], f"not {said['fact']}"))


def _when_anything(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    end = place.line_start + len(place.line)
    return (Fix("for every escalation: when anything", end, end, f"{place.newline}  when anything"),)


def _head(place: _MessagePlace, said: _Said) -> tuple[Fix, ...]:
    head = f'rules for "{said["desk"]}"'
    return (Fix(head, 0, 0, f"{head}{place.newline}{place.newline}"),)


_FIXES: dict[str, _Make] = {
    **dict.fromkeys(("R116", "R125", "R205", "R206", "R209"), _nearest_bare),
    **dict.fromkeys(("R201", "R203", "R204", "R207", "R208", "R210", "R211"), _nearest_name),
    "R101": _nearest_sentence, "R102": _close_quote, "R103": _quote, "R110": _take_out, "R112": _heading,
    "R113": _first_of_nearest, "R115": _step, "R119": _next_line, "R120": _in_words, "R124": _take_out,
    "R127": _not_after, "R130": _begin_with_when, "R131": _second_when, "R202": _team_of_person,
    "R212": _ask_yes_no, "R216": _say_which, "R306": _when_anything, "R314": _head,
    "R316": _take_out_line, "R326": _take_out_line,
}  # fmt: skip
