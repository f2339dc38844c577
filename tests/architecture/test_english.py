"""Turns of phrase that aren't English, or that only we would understand: each with the usual wording.

Checked in comments, docstrings, log lines, documents, templates and scripts. Letters, examples of the rules language
and released migrations may say what they like.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import named, tracked

INSTEAD = {
    r"as far as (?:was|were|is|are|we (?:are|were))\b": "in the search so far; if known",
    r"may (?:stay|be left) empty": "optional",
    r"nobody is to\b": "must not; no recipient",
    r"(?:is|are|was|were) said of\b": "applies to; is recorded about",
    r"(?:rules|texts?|versions?|those) that stands?\b": "the published rules; the current text",
    r"anew\b": "again; another time",
    r"(?:looked|searched|tried|asked|walks?)\b[^.;:]{0,30}\bin vain\b": "found nothing; failed",
    r"(?:is|are|was|were|be) looked (?:for|at|after)\b": "is searched, checked or read",
    r"whom it (?:may|might) concern": "the recipients",
    r"speaks? against\b": "excludes; is a reason against",
    r"as (?:it|they) (?:stood|stands?)\b": "unchanged; currently",
    r"how (?:it|they|the call|the rows) stands?\b": "its state",
    r"the way on\b": "what to do next",
    r"laid out (?:again|ahead|further|anew|up to)\b": "expanded; written ahead",
    r"what (?:stands|stood)\b": "what is there; the current text",
    r"(?:None|False|True|empty) where\b": "if",
    r"the hands of\b": "the activities of",
    r"so many (?:seconds|minutes|hours|days|weeks|people|calls)\b": "this many; the parameter's name",
    r"(?:two|three|four|five|eight|ten|several|many|\d+)\b[^.;:|]{0,30}\bat once\b": "together; in parallel",
    r"tells? of\b": "is about; describes",
    r"can(?:'t|not) be told\b(?! (?:apart|from|to)\b)": "is unknown",
    r"kept boards?\b": "the cached board",
    r"mend(?:s|ed)?\b": "fix",
    r"br(?:ings?|ought) about\b": "causes",
    r"what (?:is|was) (?:wanted|said|told)\b": "the request; the text; the events",
}
BANNED = [
    (re.compile(rf"\b(?:{pattern})".replace(" ", r"\s+"), re.IGNORECASE), instead)
    for pattern, instead in INSTEAD.items()
]

CHECKED = ("*.py", "*.md", "*.html", "*.css", "*.js", "*.yml", "*.toml", "Makefile", "Dockerfile", ".env.example")
EXEMPT = (
    *("activities/letters/", "database/migrations/versions/", "tests/rules_dsl/cases/"),
    "tests/architecture/test_english.py",
)
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def texts(path: Path, content: str) -> Iterator[tuple[int, str]]:
    """The parts of a file that people read, each with its first line's number."""
    if path.suffix != ".py":
        # Examples become empty lines, so that line numbers stay right.
        yield 1, _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), content)
        return
    for token in tokenize.generate_tokens(io.StringIO(content).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(content)):
        string = node.value if isinstance(node, ast.Expr) else _log_line(node)
        if isinstance(string, ast.Constant) and isinstance(string.value, str):
            yield string.lineno, string.value


def _log_line(node: ast.AST) -> ast.expr | None:
    """The message, if this is a call of a logger named ``log``."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
        return None
    return node.args[0] if isinstance(node.func.value, ast.Name) and node.func.value.id == "log" else None


def test_the_wording_is_usual_english() -> None:
    found = []
    for path in tracked(*CHECKED):
        if named(path).startswith(EXEMPT):
            continue
        content = path.read_text("utf-8")
        suspects = [(pattern, instead) for pattern, instead in BANNED if pattern.search(content)]
        for line, text in texts(path, content) if suspects else ():
            for pattern, instead in suspects:
                for hit in pattern.finditer(text):
                    at = line + text.count("\n", 0, hit.start())
                    found.append(f"{named(path)}:{at}: “{' '.join(hit[0].split())}”, better: {instead}")
    assert not found, "\n".join(sorted(found))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Nor soon again for what was looked for in vain", "Skips starts that failed recently"),
        ("The first call; None where nobody has it", "The first call; None if nobody has it"),
        ("Opened under other rules than those that\nstand", "Opened under rules other than the published ones"),
        ("Why (may stay empty)", "Reason (optional)"),
        ("Signals of many workflows at once", "Signals of many workflows in parallel"),
    ],
)
def test_a_translation_is_told_from_english(wrong: str, right: str) -> None:
    assert any(pattern.search(wrong) for pattern, _ in BANNED)
    assert not any(pattern.search(right) for pattern, _ in BANNED)
