"""Finding the ticket in a help desk's address, wherever the address has it: in the path, the fragment or the query."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from domain.mail_address import ascii_domain

_ID = r"[\w.\-]{1,100}"
_NUMBER = r"(\d{1,100})(?![\w-])"
_KEY = r"([A-Za-z][A-Za-z0-9_]*-\d{1,20})(?![\w-])"


@dataclass(frozen=True)
class HelpDesk:
    """A known help desk: its hosts, and where its addresses have the ticket's id (the pattern's only group)."""

    system: str
    host: str
    ticket: str
    account: str = ""
    """The account, if the help desk has one host for all of its customers."""


_KNOWN = (
    HelpDesk("zendesk", r".+\.zendesk\.com", rf"/(?:tickets|requests)/{_NUMBER}"),
    HelpDesk("freshdesk", r".+\.freshdesk\.com", rf"/tickets/{_NUMBER}"),
    HelpDesk("intercom", r"(?:app|api)\.(?:eu\.|au\.)?intercom\.(?:com|io)", rf"/conversations?/{_NUMBER}"),
    HelpDesk("helpscout", r"(?:.+\.)?helpscout\.net", rf"/conversations?/{_NUMBER}", "secure.helpscout.net"),
    HelpDesk("gorgias", r".+\.gorgias\.com", rf"/(?:tickets?|views/\d+)/(?:\d+/)?{_NUMBER}"),
    HelpDesk("jira", r".+\.atlassian\.net", rf"(?:/|selectedIssue=){_KEY}"),
    HelpDesk("front", r".+\.frontapp\.com", r"(?:/|open/)((?:cnv_|msg_)?\w*\d\w*)/?$", "app.frontapp.com"),
)
_ZAMMAD = re.compile(rf"^/?#ticket/zoom/(?:number/)?{_NUMBER}|^/(?:api/v1|desktop|mobile)/tickets/{_NUMBER}")

_WORKSPACES = (
    (re.compile(r".*intercom\.com"), re.compile(r"/a/(?:apps|inbox)/([^/]+)")),
    (re.compile(r"github\.com|gitlab\.com"), re.compile(r"/([^/]+/[^/]+)/(?:-/)?issues/")),
    (re.compile(r"desk\.zoho\.\w+"), re.compile(r"/(?:agent|support)/([^/]+)/")),
)
"""If a help desk has one host for all of its customers, the workspace in the path distinguishes them."""

_IN_FRAGMENT = re.compile(
    rf"(?:ticket|case|conversation|request|issue|incident)s?(?:/[a-z_]+)*/({_ID})(?:/|$|\?)", re.IGNORECASE
)
_IN_PATH = re.compile(rf"/tickets?/{_NUMBER}")
_IN_QUERY = ("ticketid", "ticketnumber", "ticket", "caseid", "conversationid", "issueid", "selectedissue", "id")
"""Names of query parameters that hold the ticket, without ``_`` and ``-``; the first that is there counts."""
_FILE_ENDING = re.compile(r"\.(?:json|xml|html?|php|pl|do)$")
_WITHOUT_SCHEME = re.compile(r"(?://)?(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE)


@dataclass(frozen=True)
class TicketAddress:
    url: str
    """With its scheme."""
    system: str
    """The help desk's name if it is known, otherwise the host."""
    account: str
    """The host, with the workspace if several customers of the help desk share it."""
    id: str
    """Empty if the address names no ticket."""


def read_address(text: str) -> TicketAddress | None:
    """What an address says about its ticket; None if the text is no web address. The scheme may be missing."""
    url = text.strip("<>\"'“”‘’() \t\r\n\u200b\ufeff")
    if "://" not in url:
        if not _WITHOUT_SCHEME.fullmatch(url) or "/" not in url.lstrip("/"):
            return None
        url = f"https://{url.lstrip('/')}"
    try:
        parts = urlsplit(url)
        host = ascii_domain((parts.hostname or "").lower()).rstrip(".").removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    return _known(url, parts, host) or _unknown(url, parts, host)


def _known(url: str, parts: SplitResult, host: str) -> TicketAddress | None:
    desk = next((desk for desk in _KNOWN if re.fullmatch(desk.host, host)), None)
    if desk is None:
        if not (found := _ZAMMAD.match(_whole(parts))):
            return None
        return TicketAddress(url, "zammad", host, found[1] or found[2])
    # The last one: a view or a queue may have a number of its own before it.
    found_ids = re.findall(desk.ticket, _whole(parts))
    ticket = found_ids[-1].upper() if found_ids and desk.system == "jira" else found_ids[-1] if found_ids else ""
    return TicketAddress(url, desk.system, desk.account or _account(parts, host), ticket)


def _unknown(url: str, parts: SplitResult, host: str) -> TicketAddress:
    ticket = _in_path(parts) or _in_fragment(parts) or _in_query(parts) or _last_numbered(parts)
    return TicketAddress(url, host, _account(parts, host), ticket)


def _whole(parts: SplitResult) -> str:
    """Path, query and fragment. Old help desks have the path of a page in the fragment, Kayako has it in the query."""
    query = f"?{parts.query}" if parts.query else ""
    return unquote(parts.path + query + (f"#{parts.fragment}" if parts.fragment else ""))


def _account(parts: SplitResult, host: str) -> str:
    for hosts, path in _WORKSPACES:
        if hosts.fullmatch(host) and (found := path.match(parts.path)):
            return f"{host}/{found[1].lower() if host.startswith('git') else found[1]}"
    return host


def _in_path(parts: SplitResult) -> str:
    found = _IN_PATH.search(parts.path + "/")
    rest = parts.path[found.end() :] if found else ""
    return found[1] if found and not _numbered(rest) else ""


def _in_fragment(parts: SplitResult) -> str:
    for text in (parts.fragment, parts.query if parts.query.startswith("/") else ""):
        if (found := _IN_FRAGMENT.search(unquote(text))) and any(letter.isdigit() for letter in found[1]):
            return found[1]
    return ""


def _in_query(parts: SplitResult) -> str:
    # Perl's help desks separate parameters by semicolons.
    pairs = parse_qsl(parts.query.replace(";", "&")) + parse_qsl(parts.fragment.partition("?")[2])
    given = {name.lower().replace("_", "").replace("-", ""): value for name, value in reversed(pairs)}
    numbered = (given[name].strip().lstrip("#") for name in _IN_QUERY if name in given)
    return next((one for one in numbered if re.fullmatch(_ID, one) and any(map(str.isdigit, one))), "")


def _last_numbered(parts: SplitResult) -> str:
    return (_numbered(parts.path) or [""])[-1]


def _numbered(path: str) -> list[str]:
    """The segments of a path that contain a digit, except a version of an API."""
    segments = [_FILE_ENDING.sub("", unquote(part)) for part in path.split("/")]
    return [
        part
        for part in segments
        if re.fullmatch(_ID, part) and any(map(str.isdigit, part)) and not re.fullmatch(r"v\d", part)
    ]
