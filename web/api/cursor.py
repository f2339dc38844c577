"""Cursors for paged lists: opaque to the caller, and validated when they come back."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import datetime

from database.stores.queries.escalation_list import Place
from web.api.problems import FieldError, FieldsRefused


def write_cursor(place: Place) -> str:
    moment, escalation_id = place
    content = json.dumps([moment.isoformat(), escalation_id]).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def read_cursor(cursor: str | None) -> Place | None:
    """The position that a cursor stands for, or None if it is empty. Raises ``FieldsRefused`` for an invalid one."""
    if not cursor:
        return None
    try:
        moment, escalation_id = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise ValueError(moment)
        return at, str(uuid.UUID(escalation_id))
    except (ValueError, TypeError, AttributeError):
        raise FieldsRefused((FieldError("?cursor", "must be the `next` of a page of this list"),)) from None
