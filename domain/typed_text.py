"""What people type that must read as what it is: names that look like others, and mail addresses that aren't."""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = re.compile(
    "[\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
"""What nobody sees, or what turns text around: two names could look alike, or one like another."""
_JOINERS = str.maketrans("", "", "\u200c\u200d")
"""Several scripts, and pictures of people, are written with them."""
_NO_TEXT = frozenset({"Cc", "Cs", "Co", "Cn"})
_PART = r'[^@\s<>()\[\],;:\\"]+'
_ADDRESS = re.compile(rf"{_PART}@{_PART}\.{_PART}")


def has_unseen(text: str) -> bool:
    """Whether it has characters that nobody sees, or none that anybody sees."""
    kinds = {unicodedata.category(mark) for mark in text}
    seen = any(kind[0] in "LNPS" for kind in kinds)
    return not seen or bool(kinds & _NO_TEXT) or bool(_UNSEEN.search(text.translate(_JOINERS)))


def is_mail_address(text: str) -> bool:
    """Whether mail can be sent to it as it stands: one address, no display name, nothing unseen."""
    return bool(_ADDRESS.fullmatch(text)) and text.isprintable() and not has_unseen(text)
