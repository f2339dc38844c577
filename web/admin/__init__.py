"""Administration: who may enter, which programs may call, and who changed what."""

from fastapi import APIRouter

from web.admin import accounts, audit_log, facts, tokens, webhooks

router = APIRouter()
for part in (accounts, facts, tokens, webhooks, audit_log):
    router.include_router(part.router)

__all__ = ["router"]
