"""Checks on text that people type: names that look like other names, characters that no text may contain."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""Characters that are invisible or change the direction of text. They could make two names look the same."""
_JOINERS = str.maketrans("", "", "\u200c\u200d")
"""Invisible characters that several writing systems and emoji depicting people need."""
_NO_TEXT = frozenset({"Cc", "Cs", "Co", "Cn"})

OVERRIDES = "\u202d\u202e"
"""Characters that reverse the text after them, so that it isn't displayed as it is stored."""


def forbidden_mark(text: str, allowed: str = "") -> str:
    """The first character that no text of ours may contain, as ``U+202E``; empty if there is none.

    Control characters among them, line ends too unless ``allowed``: in one line of a mail they would begin another.
    """
    for mark in text:
        if mark not in allowed and (unicodedata.category(mark) in ("Cc", "Cs") or mark in OVERRIDES):
            return f"U+{ord(mark):04X}"
    return ""


def has_unseen(text: str) -> bool:
    """Whether the text has invisible characters, or no visible ones."""
    categories = {unicodedata.category(char) for char in text}
    has_visible = any(category[0] in "LNPS" for category in categories)
    return not has_visible or bool(categories & _NO_TEXT) or bool(_INVISIBLE.search(text.translate(_JOINERS)))
