"""Administration: who may enter, which programs may call, and who changed what."""

from fastapi import APIRouter

from web.admin import accounts, audit_log, facts, guards, tokens, webhooks

router = APIRouter()
for part in (accounts, facts, guards, tokens, webhooks, audit_log):
    router.include_router(part.router)

__all__ = ["router"]
