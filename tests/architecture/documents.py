"""Parses the documents for tests: fenced examples, inline code, links, headings, tables."""

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
    """The text after the language on the opening line."""
    text: str
    line: int
    """Of the opening line, 1-based."""


def documents() -> list[Path]:
    return tracked("*.md")


def document(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def fences(text: str) -> list[Fence]:
    return [
        Fence(match[1], match[2].strip(), match[3], text.count("\n", 0, match.start()) + 1)
        for match in _FENCE.finditer(text)
    ]


def prose(text: str) -> str:
    """The text without its fenced blocks."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    return _LINK.findall(_CODE.sub("", prose(text)))


def inline_code(text: str) -> list[str]:
    """Every `piece of code` in a sentence or a table."""
    return _CODE.findall(prose(text))


def anchors(text: str) -> set[str]:
    """Valid targets of a link's ``#…``."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def table(text: str, first_column: str) -> list[list[str]]:
    """The rows of the table with this first heading, as lists of cells."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {first_column} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows
