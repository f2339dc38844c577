"""Refusals for want of a role or a scope, in the audit log: a few a minute, so that nobody can fill it."""

from __future__ import annotations

from typing import Literal

from fastapi import Request

from database.clock import current_time
from database.stores.journal.audit_log import write_audit
from domain.sign_in import TooManyMisses


async def note_refusal(request: Request, actor: str, lacking: Literal["a role", "a scope"], wanted: str) -> None:
    """Write that this person or API token was refused, at most ``REFUSALS_A_MINUTE`` times a minute each."""
    state = request.app.state
    try:
        state.refusal_limit.count(request, actor)
    except TooManyMisses:
        return
    async with state.engine.begin() as conn:
        await write_audit(conn, actor, f"was refused for want of {lacking}", wanted, current_time())
