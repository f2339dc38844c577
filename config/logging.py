"""Logs: one line per record on standard error, as text or JSON. Tokens are always removed."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal

TOKEN_PATHS = ("c", "calendar", "join", "rate", "sign-in")
"""First segments of paths in which the second segment is a secret token."""

_SLASH = "(?:/|%2F)"
_IN_PATH = re.compile(rf"({_SLASH}(?:{'|'.join(TOKEN_PATHS)}){_SLASH}+)[^\s/?#\"'%]+", re.IGNORECASE)
_IN_QUERY = re.compile(r"([?&](?:token|key|secret)=)[^\s&\"']+", re.IGNORECASE)
_BEARER = re.compile(r"(\bBearer\s+)[\w.~+/=-]+", re.IGNORECASE)
_PASSWORD = re.compile(r"(\w://[^\s:/@]+:)[^\s/@]+(?=@)")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def without_tokens(text: str) -> str:
    """The text with every link token, bearer token and password in an address replaced by ``…``."""
    for pattern in (_IN_PATH, _IN_QUERY, _BEARER, _PASSWORD):
        text = pattern.sub(r"\1…", text)
    return text


def in_one_line(text: str) -> str:
    """The text with line ends and other control characters escaped, so that input can't forge a log line."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


class TextLines(logging.Formatter):
    """``2026-11-24T10:30:00.123Z INFO web.security.access …``; a traceback follows, with each line indented."""

    def format(self, record: logging.LogRecord) -> str:
        message = in_one_line(without_tokens(record.getMessage()))
        line = f"{_utc(record)} {record.levelname} {record.name} {message}"
        if record.exc_info:
            traceback = without_tokens(self.formatException(record.exc_info)).splitlines()
            line = "\n".join([line, *(f"    {in_one_line(part)}" for part in traceback)])
        return line


class JsonLines(logging.Formatter):
    """One object per line: ``at, level, logger, message`` and, with an exception, ``traceback``."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": _utc(record),
            "level": record.levelname,
            "logger": record.name,
            "message": without_tokens(record.getMessage()),
        }
        if record.exc_info:
            entry["traceback"] = without_tokens(self.formatException(record.exc_info))
        # JSON doesn't escape every control character, and some readers treat unescaped ones as line ends.
        return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(entry, ensure_ascii=False))


class TimeOutInOneLine(logging.Filter):
    """Drops the traceback of an activity's attempt that timed out: it says only where the attempt happened to wait."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if record.name.startswith("temporalio.activity") and isinstance(error, TimeoutError | asyncio.CancelledError):
            record.msg = f"{record.getMessage()} error={type(error).__name__} {error}".rstrip()
            record.args, record.exc_info = (), None
        return True


def configure(level: str = "INFO", style: Literal["text", "json"] = "text") -> None:
    """Send every logger in this process through one handler. Call this once, from an entry point."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if style == "json" else TextLines())
    handler.addFilter(TimeOutInOneLine())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    # These log every request and query at INFO; our own log lines record the effects.
    for chatty in ("httpx", "httpcore", "mail.log", "sqlalchemy.engine"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))


def _utc(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
