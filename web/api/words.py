"""Field types for the API: text without control characters, email and web addresses, time zones, facts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler, StringConstraints
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from domain.mail_address import LONGEST as LONGEST_MAIL
from domain.mail_address import is_mail_address
from domain.typed_text import forbidden_mark
from web.api.phone import e164

LARGEST = 2**53 - 1
"""The largest integer that every JSON parser preserves exactly."""
_RFC_3339 = re.compile(r"\s*\d{4}-\d\d-\d\d[Tt ]\d\d:")
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


def _written_out(value: Any) -> Any:
    """Refuses numbers, which would be taken for seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC_3339.match(value)):
        return value
    raise ValueError("must be a date and time such as 2026-12-01T09:00:00Z")


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("must have an offset from UTC, such as 2026-12-01T09:00:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be in the years 1 to 9999 in UTC") from None


def _phone(text: str) -> str:
    return e164(text) if text else ""


def _or_empty(value: Any) -> Any:
    return "" if value is None else value


class Documented:
    """Adds to a field's JSON schema what only our own code checks, and what it takes ``also``."""

    def __init__(self, *, also: JsonSchemaValue | None = None, **keywords: Any) -> None:
        self._also, self._keywords = also, keywords

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core) | self._keywords
        return {"anyOf": [schema, self._also]} if self._also else schema


def _limits(longest: int, shortest: int = 1) -> tuple[StringConstraints, BeforeValidator]:
    """Limits the length: at most ``longest`` characters as sent, at least ``shortest`` without spaces at both ends."""

    def short_enough(value: Any) -> Any:
        if isinstance(value, str) and len(value) > longest:
            raise ValueError(f"String should have at most {longest} characters")
        return value

    limits = StringConstraints(strict=True, strip_whitespace=True, min_length=shortest, max_length=longest)
    return limits, BeforeValidator(short_enough)


_NO_MARKS = r"[^\u0000-\u001f\u007f-\u009f\u202d\u202e]*"
_LINE = Documented(pattern=rf"^[\s\u0085]*{_NO_MARKS}[\s\u0085]*$")
"""No control characters and no overrides of direction. Whitespace at both ends is stripped."""
_HTTP = Documented(pattern=rf"^\s*$|^\s*[Hh][Tt][Tt][Pp][Ss]?://{_NO_MARKS}\s*$")
_OR_NULL = (BeforeValidator(_or_empty), Documented(also={"type": "null"}))
_FACT_SCHEMA: JsonSchemaValue = {
    "anyOf": [
        {"type": ["string", "null"], "maxLength": _FACT_TEXT},
        {"type": "integer", "minimum": -LARGEST, "maximum": LARGEST},
        {"type": "boolean"},
        {"type": "array", "maxItems": _FACTS, "items": {"type": "string", "maxLength": _FACT_TEXT}},
    ]
}

Name = Annotated[str, *_limits(200), AfterValidator(_clean), _LINE]
NameOrEmpty = Annotated[str, *_limits(200, 0), AfterValidator(_clean), _LINE, *_OR_NULL]
Short = Annotated[str, *_limits(100), AfterValidator(_clean), _LINE]
Subject = Annotated[str, *_limits(500), AfterValidator(_clean), _LINE]
Reason = Annotated[str, *_limits(1000, 0), AfterValidator(_clean), _LINE]
Mail = Annotated[str, *_limits(LONGEST_MAIL), AfterValidator(_mail), Documented(format="email")]
Phone = Annotated[str, *_limits(40, 0), AfterValidator(_phone), *_OR_NULL]
Moment = Annotated[datetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
Zone = Annotated[str, *_limits(60, 0), AfterValidator(_zone), *_OR_NULL]
Language = Annotated[str, *_limits(40, 0), AfterValidator(_clean), _LINE, *_OR_NULL]
WebAddress = Annotated[str, *_limits(2000, 0), AfterValidator(_clean), AfterValidator(_web_or_empty), _HTTP]
FactName = Annotated[str, *_limits(100), AfterValidator(_clean)]
Fact = Annotated[Any, AfterValidator(_fact), Documented(**_FACT_SCHEMA)]
Facts = Annotated[dict[FactName, Fact], Field(max_length=_FACTS), AfterValidator(_without_nulls)]
