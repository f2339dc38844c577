"""Fuzzing: texts that nobody would write, and what must hold for every text."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random

from rules_dsl.analysis.check import check_rules, draft_rules
from rules_dsl.directory import Directory
from rules_dsl.editor.completion import complete
from rules_dsl.editor.hover import hover
from rules_dsl.formatter.format import format_rules
from rules_dsl.syntax.diagnostics import RulesRefused, render
from rules_dsl.syntax.parser import parse_rules
from rules_dsl.syntax.quick_fixes import quick_fixes
from tests.rules_dsl.desks import directory, rules_text

DESKS = ("small_team", "forty_agents", "follow_the_sun")
TEXTS = tuple(rules_text(name) for name in DESKS)
LINES = tuple(dict.fromkeys(line for text in TEXTS for line in text.splitlines()))
WORDS = tuple(dict.fromkeys(word for text in TEXTS for word in text.split()))
ODD = (
    '"',
    "“",
    "”",
    "„",
    ",",
    "#",
    "\t",
    "\r",
    "\u2028",
    "\x0b",
    "\x85",
    "\ufeff",
    "🐂",
    "e\u0301",
    "İ",
    "ß",
    "\ud800",
    "==",
)
SLOW = 1.0
"""Maximum CPU seconds for parsing and compiling 100 kB; proofs have their own budget."""
SLOW_PROOFS = 2.0
_KB = 100_000


def assert_sound(text: str, desk: Directory, random: Random) -> None:
    """No crash, no hang, no diagnostic without a place; completion, hover, fixes and formatter work everywhere."""
    started = time.thread_time()
    draft_rules(text, desk)
    reading = time.thread_time() - started
    diagnostics = check_rules(text, desk)
    proving = time.thread_time() - started - reading
    allowed = max(1.0, len(text) / _KB)
    assert reading < SLOW * allowed, f"{reading:.2f} s to read {len(text)} characters"
    assert proving < (SLOW + SLOW_PROOFS) * allowed, f"{proving:.2f} s to prove {len(text)} characters"
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for diagnostic in diagnostics:
        assert 1 <= diagnostic.line <= len(lines), diagnostic
        assert 1 <= diagnostic.column <= len(lines[diagnostic.line - 1]) + 1
        assert diagnostic.length >= 1
    for diagnostic in diagnostics[:20]:
        assert diagnostic.code in render(diagnostic, text, "desk.rules")
        for fix in quick_fixes(text, diagnostic):
            assert 0 <= fix.start <= fix.end <= len(text)
            assert text[fix.start : fix.end] != fix.replacement
    _assert_editor_support(text, desk, random)
    _assert_formatter(text)


def _assert_editor_support(text: str, desk: Directory, random: Random) -> None:
    for _ in range(3):
        offset = random.randint(0, len(text))
        for one in complete(text, offset, desk):
            assert 0 <= one.start <= offset <= one.end <= len(text)
        found = hover(text, offset, desk)
        assert found is None or found.start <= offset < found.end


def _assert_formatter(text: str) -> None:
    """The formatter refuses a text with a line that is not understood; otherwise formatting twice changes nothing."""
    try:
        formatted = format_rules(text)
    except RulesRefused:
        return
    assert format_rules(formatted) == formatted
    assert not [one for one in parse_rules(formatted).diagnostics if one.severity == "error"]


def mutated(text: str, random: Random) -> str:
    """A real text with some mutations."""
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        text = random.choice(_MUTATIONS)(text, random)
    return text


def completed(random: Random, desk: Directory, words: int) -> str:
    """A text built from what completion offers, word by word."""
    text = f'rules for "{desk.desk}"\n'
    for _ in range(words):
        completions = complete(text, len(text), desk)
        if not completions or random.random() < 0.12:
            text += random.choice(
                ("\n", "\n  ", ' "a"', " 3", " 5 minutes", ' "b"\n', " 08:30", f" {random.choice(WORDS)}")
            )
            continue
        one = random.choice(completions[:12] if random.random() < 0.7 else completions)
        text = f"{text[: one.start]}{one.insert}{text[one.end :]} "
    return text


def _swap_lines(text: str, random: Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    first, second = random.randrange(len(lines)), random.randrange(len(lines))
    lines[first], lines[second] = lines[second], lines[first]
    return "".join(lines)


def _insert_line(text: str, random: Random) -> str:
    lines = text.splitlines(keepends=True)
    lines.insert(random.randint(0, len(lines)), random.choice(LINES) + "\n")
    return "".join(lines)


def _delete_line(text: str, random: Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    del lines[random.randrange(len(lines))]
    return "".join(lines)


def _replace_word(text: str, random: Random) -> str:
    words = text.split(" ")
    words[random.randrange(len(words))] = random.choice(WORDS)
    return " ".join(words)


def _insert_mark(text: str, random: Random) -> str:
    at = random.randint(0, len(text))
    return text[:at] + random.choice(ODD) + text[at:]


def _delete_stretch(text: str, random: Random) -> str:
    at = random.randint(0, len(text))
    return text[:at] + text[at + random.choice((1, 1, 2, 5, 40)) :]


def _repeat_stretch(text: str, random: Random) -> str:
    at = random.randint(0, len(text))
    stretch = text[at : at + random.choice((3, 20, 200))]
    return text[:at] + stretch * random.choice((2, 3, 30)) + text[at:]


def _replace_mark(text: str, random: Random) -> str:
    at = random.randrange(len(text)) if text else 0
    return text[:at] + chr(random.choice((random.randrange(128), random.randrange(0xD7FF)))) + text[at + 1 :]


def _change_number(text: str, random: Random) -> str:
    digits = [at for at, mark in enumerate(text) if mark.isdigit()]
    if not digits:
        return text
    at = random.choice(digits)
    return text[:at] + random.choice(("0", "99999999999", "-1", "1.5", "٣", "1e9")) + text[at + 1 :]


def _repeat_all(text: str, random: Random) -> str:
    return text * random.randint(2, 12) if len(text) < 8_000 and random.random() < 0.1 else text


def _change_case(text: str, random: Random) -> str:
    return random.choice((text.upper, text.swapcase, text.title))()


_MUTATIONS: tuple[Callable[[str, Random], str], ...] = (
    _swap_lines, _insert_line, _insert_line, _delete_line, _replace_word, _replace_word, _insert_mark,
    _insert_mark, _delete_stretch, _repeat_stretch, _replace_mark, _change_number, _change_case, _repeat_all,
)  # fmt: skip


def one_case(seed: int) -> None:
    """Test one random text and directory; a failure can be reproduced from its seed."""
    random = Random(seed)
    desk = directory(random.choice(DESKS))
    if random.random() < 0.3:
        assert_sound(completed(random, desk, random.randint(1, 60)), desk, random)
    else:
        assert_sound(mutated(random.choice(TEXTS), random), desk, random)
