"""Replaces a source's signing secret: two are accepted until an administrator ends the older one."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from database.clock import current_time
from database.stores.access.webhooks import add_secret, end_secret
from database.stores.journal.audit_log import write_audit
from web.admin.source_fields import SECRET_WRONG, is_secret
from web.admin.source_page import source_or_404, source_page
from web.dependencies import Engine
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/admin/webhooks/{source}/secrets")

OLDER, NEWER = "older", "newer"


@router.post("", dependencies=[Guarded])
async def add(
    request: Request, engine: Engine, signed: Signed, source: str, secret: Annotated[str, Form()] = ""
) -> Response:
    """Accept a second secret: the one typed, or a new one that is shown once."""
    typed = secret.strip()
    made = "" if typed else secrets.token_urlsafe(32)
    if typed and not is_secret(typed):
        return await source_page(request, engine, signed, source, 422, field="secret", wrong=SECRET_WRONG)
    async with engine.begin() as conn:
        known = [one.value for one in (await source_or_404(conn, source)).secrets]
        if typed in known:
            wrong = "This secret is accepted already. Paste the new one."
        elif await add_secret(conn, source, typed or made, current_time()):
            wrong = ""
            await write_audit(conn, signed.actor, "added webhook secret", source, current_time())
        else:
            wrong = "Two secrets are accepted already. End one of them first."
    if wrong:
        return await source_page(request, engine, signed, source, 409, field="secret", wrong=wrong)
    if made:
        return await source_page(request, engine, signed, source, made_secret=made)
    return RedirectResponse(f"/admin/webhooks/{source}#secrets", 303)


@router.post("/end", dependencies=[Guarded])
async def end(engine: Engine, signed: Signed, source: str, which: Annotated[str, Form()] = "") -> Response:
    """Stop accepting one of two secrets, with immediate effect. The only one stays."""
    async with engine.begin() as conn:
        await source_or_404(conn, source)
        if which in (OLDER, NEWER) and await end_secret(conn, source, newer=which == NEWER):
            await write_audit(conn, signed.actor, "ended webhook secret", source, current_time(), {"which": which})
    return RedirectResponse(f"/admin/webhooks/{source}#secrets", 303)
