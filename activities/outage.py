"""Tells an outage of Temporal from its refusals."""

from __future__ import annotations

from temporalio.service import RPCError, RPCStatusCode

_UNANSWERED = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED})


def is_temporal_down(error: BaseException) -> bool:
    """Whether a call failed because Temporal gave no answer, rather than a bad one."""
    if isinstance(error, RPCError):
        return error.status in _UNANSWERED
    # How the SDK says that a client's first connection failed; it has no class for it.
    return type(error) is RuntimeError and str(error).startswith("Failed client connect")
