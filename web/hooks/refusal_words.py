"""Says why a webhook was refused, in words for the administrator who reads its inbox."""

from __future__ import annotations

from domain.failure import Failure
from web.api.problems import FieldError, FieldsRefused, NotJson

_MOST_FIELDS = 3


def refusal_words(failure: Exception) -> str:
    if isinstance(failure, FieldsRefused):
        named = "; ".join(_field(one) for one in failure.errors[:_MOST_FIELDS])
        others = len(failure.errors) - _MOST_FIELDS
        return named + (f"; and {others} more" if others > 0 else "")
    if isinstance(failure, NotJson):
        return f"The body is not JSON: {failure.detail}"
    if isinstance(failure, Failure):
        return failure.detail
    return "Something went wrong on our side; the log of the web process has the error."


def _field(error: FieldError) -> str:
    """``ticket.id: this field is missing``."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in error.pointer.split("/")[1:]]
    return f"{'.'.join(parts) or 'The body'}: {error.detail}"
