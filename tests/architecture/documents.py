"""The documents as tests read them: fenced examples, code in passing, links, headings, tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.tree import ROOT, tracked

_FENCE = re.compile(r"^```(\S*) ?([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Fence:
    """One fenced block."""

    language: str
    words: str
    """What stands behind the language on the opening line."""
    text: str
    line: int
    """Of the opening line, 1-based."""


def documents() -> list[Path]:
    return tracked("*.md")


def document(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def fences(text: str) -> list[Fence]:
    return [
        Fence(one[1], one[2].strip(), one[3], text.count("\n", 0, one.start()) + 1) for one in _FENCE.finditer(text)
    ]


def prose(text: str) -> str:
    """The text without its fenced blocks."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    return _LINK.findall(_CODE.sub("", prose(text)))


def code_in_passing(text: str) -> list[str]:
    """Every `piece of code` in a sentence or a table."""
    return _CODE.findall(prose(text))


def anchors(text: str) -> set[str]:
    """What a link's ``#…`` may name."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def table(text: str, first_column: str) -> list[list[str]]:
    """The rows of the table whose first heading is this one, each as its cells."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows
