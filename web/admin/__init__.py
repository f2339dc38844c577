"""Administration: accounts, facts, the occupancy limit, API tokens, webhooks, and the audit log."""

from fastapi import APIRouter

from web.admin import accounts, audit_log, facts, guards, tokens, webhooks

router = APIRouter()
for part in (accounts, facts, guards, tokens, webhooks, audit_log):
    router.include_router(part.router)

__all__ = ["router"]
