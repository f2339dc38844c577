"""Cuts a page as a reader sees it into its sentences."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_UNSEEN = {"head", "script", "style", "template", "svg", "noscript", "datalist"}
_VOID = {"input", "br", "img", "meta", "link", "hr", "source", "col", "wbr"}
_INLINE = {"a", "strong", "b", "em", "i", "span", "bdi", "code", "time", "small", "abbr", "kbd", "q"}
# A sentence ends with a mark that a capital, a quotation mark or a digit follows.
_END = re.compile(r"(?<=[.!?…])\s+(?=[A-Z“0-9])")


class _Blocks(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[str] = [""]
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in _INLINE or "state" in (given.get("class") or "").split():
            self.blocks.append("")
        if tag == "textarea" or (tag == "input" and given.get("type") in ("text", "url")):
            self.blocks.append("")
        if tag not in _VOID:
            unseen = tag in _UNSEEN or "hidden" in given or given.get("aria-hidden") == "true"
            self._open.append((tag, unseen or self._is_unseen()))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            closed, _ = self._open.pop()
            if closed == tag:
                break
        if tag not in _INLINE:
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        if not self._is_unseen():
            self.blocks[-1] += data

    def _is_unseen(self) -> bool:
        return bool(self._open) and self._open[-1][1]


def sentences_of(page: str) -> list[str]:
    """The sentences, labels and figures of an HTML page, in order."""
    parser = _Blocks()
    parser.feed(page)
    return [one for block in parser.blocks for one in cut(block)]


def cut(block: str) -> list[str]:
    """The sentences of one paragraph."""
    line = re.sub(r"\s+", " ", block).strip()
    return [one for one in _END.split(line) if one]
