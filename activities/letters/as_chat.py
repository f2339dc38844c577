"""A letter as a chat message in Slack's form, which Mattermost and others read too."""

from __future__ import annotations

from typing import Any

from activities.letters.letter import Letter

LONGEST_BLOCK = 2900
"""Characters of one block; Slack refuses more than 3000."""

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def as_chat(letter: Letter) -> dict[str, Any]:
    """``text`` for notices and for readers that know no blocks, ``blocks`` for the rest."""
    text = _escaped(letter.subject)
    blocks = [_section(f"*{text}*"), *(_section(_escaped(line)) for line in letter.lines)]
    if letter.button:
        link = f"<{letter.button.address}|{_escaped(letter.button.label)}>"
        blocks.append(_section(link))
        text = f"{text}\n{link}"
    return {"text": text, "blocks": blocks}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _escaped(text: str) -> str:
    """So that nobody's words become a link or a mention. Cut between characters, never inside an escape."""
    escaped: list[str] = []
    length = 0
    for char in text:
        escape = _ESCAPES.get(char, char)
        length += len(escape)
        if length > LONGEST_BLOCK:
            return "".join(escaped) + "…"
        escaped.append(escape)
    return "".join(escaped)
