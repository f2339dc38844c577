"""Reads the mail that the embedded mailbox caught, for the caught-mail page and for test drivers."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")


@dataclass(frozen=True)
class CaughtMail:
    """One email. ``caught_at`` is when it arrived; ``date`` is its Date header, None if unreadable."""

    id: str
    caught_at: datetime
    to: str
    sender: str
    subject: str
    date: datetime | None
    text: str
    html: str
    ics: str
    links: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "caught_at": self.caught_at.isoformat(),
            "to": self.to,
            "from": self.sender,
            "subject": self.subject,
            "date": self.date.isoformat() if self.date else None,
            "text": self.text,
            "html": self.html,
            "ics": self.ics,
            "links": list(self.links),
            "headers": dict(self.headers),
        }


def list_mail(folder: Path) -> list[CaughtMail]:
    """Every email in the folder, oldest first; none if the folder doesn't exist."""
    return [_read(path) for path in sorted(folder.glob("*.eml"))]


def _read(path: Path) -> CaughtMail:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    text, html, ics = (_part(message, kind) for kind in ("text/plain", "text/html", "text/calendar"))
    return CaughtMail(
        id=path.stem,
        caught_at=datetime.fromtimestamp(int(path.stem.partition("-")[0]) / 1e9, UTC),
        to=str(message["X-Envelope-To"] or message["To"] or ""),
        sender=str(message["From"] or ""),
        subject=str(message["Subject"] or ""),
        date=_date(message["Date"]),
        text=text,
        html=html,
        ics=ics,
        links=tuple(dict.fromkeys(_ADDRESS.findall(text or html))),
        headers=tuple((name, str(value)) for name, value in message.items()),
    )


def _part(message: EmailMessage, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == kind:
            payload = part.get_payload(decode=True)
            charset = part.get_content_charset("utf-8")
            return payload.decode(charset, "replace") if isinstance(payload, bytes) else ""
    return ""


def _date(header: object) -> datetime | None:
    try:
        return parsedate_to_datetime(str(header)).astimezone(UTC) if header else None
    except ValueError:
        return None
