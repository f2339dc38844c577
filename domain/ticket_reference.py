"""Parsing what an agent pastes as a ticket: an address, a key or a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from domain.failure import Failure

LONGEST = 2000

# Host, path, and the system's name. The first group of the path is the ticket's id.
_SYSTEMS = (
    (r"(.+\.)?zendesk\.com", r"(?:/agent|/hc/[^/]+)?/(?:tickets|requests)/(\d+)", "zendesk"),
    (r"(.+\.)?freshdesk\.com", r"/(?:a|helpdesk|support)/tickets/(\d+)", "freshdesk"),
    (r"app\.(?:eu\.|au\.)?intercom\.com", r"/.*conversations?/(\d+)", "intercom"),
    (r"(secure\.)?helpscout\.net", r"/conversation/(\d+)", "helpscout"),
    (r"(.+\.)?gorgias\.com", r"/app/(?:.*/)?tickets?/(\d+)", "gorgias"),
    (r"(.+\.)?atlassian\.net", r"/browse/([A-Za-z][A-Za-z0-9]*-\d+)", "jira"),
    (r"app\.frontapp\.com", r"/.*open/(\w+)", "front"),
)

_WORKSPACE = re.compile(r"/a/(?:apps|inbox)/([^/]+)")
"""If a help desk has one host for all of its customers, the workspace in the path distinguishes them."""


@dataclass(frozen=True)
class TicketReference:
    system: str
    id: str
    url: str
    """Empty if only a number or key was given."""


@dataclass
class ReferenceUnclear(Failure):
    """The input doesn't identify a ticket."""

    given: str

    title = "This doesn't name a ticket"

    @property
    def detail(self) -> str:
        return "Paste the ticket's address from your help desk, or its number, such as 4711."


def read_reference(given: str, usual_system: str) -> TicketReference:
    """The ticket that an address or number refers to; a bare number belongs to ``usual_system``.

    Raises ``ReferenceUnclear``.
    """
    text = given.strip()
    if not text or len(text) > LONGEST:
        raise ReferenceUnclear(given)
    if "://" in text:
        return _of_address(text)
    ticket = text.lstrip("#").strip()
    if not re.fullmatch(r"[\w.\-]{1,100}", ticket):
        raise ReferenceUnclear(given)
    return TicketReference(usual_system, ticket, "")


def account_of(url: str) -> str:
    """The help desk account that an address belongs to, such as ``harbor.zendesk.com``; empty if unknown.

    Accounts number their tickets independently, so a number alone doesn't identify one.
    """
    if "://" not in url and "." in url.partition("/")[0]:
        # Zendesk's placeholder for a ticket's address has no scheme.
        url = f"https://{url}"
    try:
        parts, host = _parts(url)
    except ReferenceUnclear:
        return ""
    host = host.removeprefix("www.")
    workspace = _WORKSPACE.match(parts.path) if host.endswith("intercom.com") else None
    return f"{host}/{workspace[1]}" if workspace else host


def _parts(url: str) -> tuple[SplitResult, str]:
    """An address split into its parts, and its host. Raises ``ReferenceUnclear``."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        raise ReferenceUnclear(url) from None
    if parts.scheme not in ("http", "https") or not host:
        raise ReferenceUnclear(url)
    return parts, host


def _of_address(url: str) -> TicketReference:
    parts, host = _parts(url)
    for host_pattern, path, system in _SYSTEMS:
        if re.fullmatch(host_pattern, host) and (found := re.match(path, parts.path)):
            return TicketReference(system, found[1], url)
    segments = [part for part in parts.path.split("/") if re.fullmatch(r"[\w.\-]{1,100}", part)]
    numbered = [part for part in segments if any(letter.isdigit() for letter in part)]
    if not numbered:
        raise ReferenceUnclear(url)
    return TicketReference(host.removeprefix("www."), numbered[-1], url)
