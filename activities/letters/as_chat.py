"""Renders a letter as a chat message in Slack's format, which Mattermost and others accept too."""

from __future__ import annotations

from typing import Any

from activities.letters.letter import Letter

LONGEST_BLOCK = 2900
"""Maximum characters per block; Slack rejects blocks of more than 3000."""

_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def as_chat(letter: Letter) -> dict[str, Any]:
    """The payload: ``text`` for notifications and clients without blocks, ``blocks`` for all others."""
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
    """Escape text so that it can't become a link or a mention.

    It is truncated, but never in the middle of an escape.
    """
    escaped: list[str] = []
    length = 0
    for char in text:
        escape = _ESCAPES.get(char, char)
        length += len(escape)
        if length > LONGEST_BLOCK:
            return "".join(escaped) + "…"
        escaped.append(escape)
    return "".join(escaped)
