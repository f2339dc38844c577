"""Counts what PostgreSQL or the network timed out, by kind."""

from __future__ import annotations

from collections import Counter

from sqlalchemy.engine.interfaces import ExceptionContext

KINDS = {
    "25P04": "transaction",
    "57014": "statement",
    "55P03": "lock",
    "25P03": "idle",
}
"""By PostgreSQL's code. "statement" includes statements that somebody cancelled at the server."""
CONNECTION = "connection"
"""No answer from the server: neither to a new connection nor on an open one."""
_NO_ANSWER = ("timed out", "timeout expired", "no answer from", "no connection to")
"""How libpq, psycopg and our own connections say so, in lower case."""


class TimeoutCounts:
    """The time-outs of one process since it started, for `/metrics`."""

    def __init__(self) -> None:
        self.by_kind: Counter[str] = Counter(dict.fromkeys((*KINDS.values(), CONNECTION), 0))

    def note(self, context: ExceptionContext) -> None:
        """Count an error if it is a time-out. For SQLAlchemy's event ``handle_error``, once for each error."""
        error = context.original_exception
        kind = KINDS.get(getattr(error, "sqlstate", None) or "")
        text = str(error).lower()
        if kind is None and any(words in text for words in _NO_ANSWER):
            kind = CONNECTION
        if kind is not None:
            self.by_kind[kind] += 1


TIMEOUTS = TimeoutCounts()
"""The time-outs of this process."""
