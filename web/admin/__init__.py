"""Administration: accounts, facts, the occupancy limit, API tokens, webhooks with their inbox, and the audit log."""

from fastapi import APIRouter

from web.admin import (
    accounts,
    audit_log,
    deliveries,
    facts,
    guards,
    source_end,
    source_secrets,
    tokens,
    webhook_source,
    webhooks,
)

router = APIRouter()
_PARTS = (
    accounts,
    facts,
    guards,
    tokens,
    webhooks,
    webhook_source,
    source_secrets,
    source_end,
    deliveries,
    audit_log,
)
for part in _PARTS:
    router.include_router(part.router)

__all__ = ["router"]
