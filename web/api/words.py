"""Field types for the API: text without control characters, email and web addresses, time zones, facts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from domain.mail_address import LONGEST as LONGEST_MAIL
from domain.mail_address import is_mail_address
from domain.typed_text import forbidden_mark
from web.api.phone import e164

LARGEST = 2**53 - 1
"""The largest integer that every JSON parser preserves exactly."""
_FACT_TEXT = 1000
_FACTS = 100


def _clean(text: str) -> str:
    if mark := forbidden_mark(text):
        raise ValueError(f"must not contain the character {mark}")
    return text


def _mail(text: str) -> str:
    if not is_mail_address(text):
        raise ValueError("must be a mail address such as mira@example.com")
    return text


def _zone(text: str) -> str:
    if text and text not in available_timezones():
        raise ValueError("must be an IANA time zone such as Europe/Copenhagen")
    return text


def _web(text: str) -> str:
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in text
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("must be an http or https address")
    return text


def _web_or_empty(text: str) -> str:
    return _web(text) if text else ""


def _fact(value: Any) -> Any:
    """A fact's value as sent, checked only for size. Whether it fits is decided by the directory's fact types."""
    if value is None:
        return None
    if isinstance(value, str):
        if len(value) > _FACT_TEXT:
            raise ValueError(f"must have at most {_FACT_TEXT} characters")
        return _clean(value)
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise ValueError("is too large")
        return value
    if isinstance(value, list) and len(value) <= _FACTS and all(isinstance(item, str) for item in value):
        return [_fact(item) for item in value]
    raise ValueError("must be text, a whole number, true, false, or a list of texts")


def _without_nulls(facts: dict[str, Any]) -> dict[str, Any]:
    """Drops null values, which mean that a fact is unknown."""
    return {name: value for name, value in facts.items() if value is not None}


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("must have an offset from UTC, such as 2026-12-01T09:00:00Z")
    return moment


def _phone(text: str) -> str:
    return e164(text) if text else ""


def _or_empty(value: Any) -> Any:
    return "" if value is None else value


def _limits(longest: int, shortest: int = 1) -> StringConstraints:
    """Limits the length, after stripping whitespace at both ends."""
    return StringConstraints(strict=True, strip_whitespace=True, min_length=shortest, max_length=longest)


Name = Annotated[str, _limits(200), AfterValidator(_clean)]
NameOrEmpty = Annotated[str, _limits(200, 0), AfterValidator(_clean), BeforeValidator(_or_empty)]
Short = Annotated[str, _limits(100), AfterValidator(_clean)]
Subject = Annotated[str, _limits(500), AfterValidator(_clean)]
Reason = Annotated[str, _limits(1000, 0), AfterValidator(_clean)]
Mail = Annotated[str, _limits(LONGEST_MAIL), AfterValidator(_mail)]
Phone = Annotated[str, _limits(40, 0), AfterValidator(_phone), BeforeValidator(_or_empty)]
Moment = Annotated[datetime, AfterValidator(_aware)]
Zone = Annotated[str, _limits(60, 0), AfterValidator(_zone), BeforeValidator(_or_empty)]
Language = Annotated[str, _limits(40, 0), AfterValidator(_clean), BeforeValidator(_or_empty)]
WebAddress = Annotated[str, _limits(2000, 0), AfterValidator(_clean), AfterValidator(_web_or_empty)]
FactName = Annotated[str, _limits(100), AfterValidator(_clean)]
Fact = Annotated[Any, AfterValidator(_fact)]
Facts = Annotated[dict[FactName, Fact], Field(max_length=_FACTS), AfterValidator(_without_nulls)]
