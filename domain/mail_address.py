"""Mail addresses: which are valid, and how mail servers need them, with international domains in their ASCII form."""

from __future__ import annotations

import re
import unicodedata

import idna

from domain.typed_text import has_unseen

LONGEST = 254
_LONGEST_LOCAL = 64
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")


def is_mail_address(text: str) -> bool:
    """Whether mail can be sent to this text unchanged: one address, no display name, no invisible characters.

    The domain may be international (``bådhavn.example``), and has a dot: no mail reaches one without (RFC 7085), and
    who types one has forgotten the end.
    """
    local, _, domain = text.rpartition("@")
    if len(text) > LONGEST or len(local) > _LONGEST_LOCAL or has_unseen(text):
        return False
    if not all(_ATOM.fullmatch(part) for part in local.split(".")) or not all(map(_is_readable, local)):
        return False
    try:
        return bool(_HOST.fullmatch(ascii_domain(domain)))
    except ValueError:
        return False


def ascii_domain(domain: str) -> str:
    """A domain as name servers know it: ``xn--bdhavn-iua.example`` for ``bådhavn.example``. Raises ``ValueError``."""
    if domain.isascii():
        return domain
    # IDNA 2008: under the older rules of Python's codec, straße.example would be another domain, strasse.example.
    return idna.encode(domain, uts46=True).decode()


def _is_readable(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LMNPS"
