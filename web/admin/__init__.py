"""Administration: who may enter, which programs may call, and who changed what."""

from fastapi import APIRouter

from web.admin import accounts, audit_log, tokens

router = APIRouter()
for part in (accounts, tokens, audit_log):
    router.include_router(part.router)

__all__ = ["router"]
