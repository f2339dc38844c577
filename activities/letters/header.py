"""Mail headers that hold people's words, written so that every program reads back exactly those words.

Python's own folding mixes plain and encoded words, and loses or adds a space where it breaks a line between them. Here,
text is sent either plain and unbroken or entirely in encoded words (RFC 2047), between which readers drop the space.
"""

from __future__ import annotations

import base64
import re
import string
from email.policy import Policy

_LINE = 76
"""The longest line that may contain an encoded word."""
_BREAK = "\r\n "
_LINE_BREAKS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_PLAIN = re.compile(r"(?! )(?:(?!=\?|  )[ -~])*(?<! )")
_UNQUOTED = string.ascii_letters + string.digits + "!*+-/"
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


class WireHeader(str):
    """A header's value exactly as it is sent. An ``EmailMessage`` takes it as it is and never folds it again."""

    name: str

    def __new__(cls, name: str, value: str) -> WireHeader:
        header = super().__new__(cls, value)
        header.name = name
        return header

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}".replace("\r\n", policy.linesep) + policy.linesep


def text_header(name: str, text: str) -> WireHeader:
    """A header of free text, such as Subject. A line break in the text becomes a space."""
    line = _one_line(text)
    room = _LINE - len(name) - 2
    plain = len(line) <= room and _PLAIN.fullmatch(line)
    return WireHeader(name, line if plain else _encoded(line, room))


def address_header(name: str, address: str, display_name: str) -> WireHeader:
    """A header with one address (in ASCII) and its owner's name. A line break in the name becomes a space."""
    owner = _one_line(display_name).strip()
    if not owner:
        return WireHeader(name, address)
    room = _LINE - len(name) - 2
    plain = len(owner) <= room and "=?" not in owner and _PHRASE.fullmatch(owner)
    phrase = owner if plain else _encoded(owner, room)
    last_line = len(phrase.rpartition(_BREAK)[2])
    between = " " if last_line + len(address) + 3 <= room else _BREAK
    return WireHeader(name, f"{phrase}{between}<{address}>")


def _one_line(text: str) -> str:
    return _LINE_BREAKS.sub(" ", text)


def _encoded(line: str, room: int) -> str:
    """The text in encoded words, each of whole characters; the first is short enough for the header's name."""
    octets = line.encode(errors="replace")
    encode = min((_base64, _quoted), key=lambda encode: len(encode(octets)))
    words: list[str] = []
    content = b""
    for letter in line:
        longer = content + letter.encode(errors="replace")
        if content and len(encode(longer)) > (_LINE - 1 if words else room):
            words.append(encode(content))
            longer = longer.removeprefix(content)
        content = longer
    return _BREAK.join([*words, encode(content)])


def _base64(octets: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(octets).decode()}?="


def _quoted(octets: bytes) -> str:
    """Mostly readable. Only what may stand in a name too is left as it is (RFC 2047, section 5)."""
    return f"=?utf-8?q?{''.join(_QUOTED[octet] for octet in octets)}?="


_QUOTED = [chr(octet) if chr(octet) in _UNQUOTED else f"={octet:02X}" for octet in range(256)]
_QUOTED[ord(" ")] = "_"
