"""Checks each request against the access matrix."""

from __future__ import annotations

from ipaddress import ip_address

from fastapi import Request
from starlette.exceptions import HTTPException

from domain.sign_in import NotSignedIn, Role, RoleMissing
from web.dependencies import settings_of
from web.security.access_matrix import MATRIX, Open
from web.security.refusals import note_refusal
from web.security.session import SignedIn, find_signed_in
from web.security.text_checks import is_unfit, refuse_unfit

BACKGROUND = frozenset({"POST /desk/presence/heartbeat", "POST /desk/presence/elsewhere"})
"""Routes that pages call in the background; nobody waits for the response."""
NO_SIGN_OF_LIFE = BACKGROUND | {
    "GET /desk/colleagues",
    "GET /desk/live",
    "GET /desk/stream",
    "GET /desk/escalations/{escalation_id}/stream",
    "GET /board/parts",
    "GET /board/stream",
    "GET /ops/{escalation_id}/stream",
    "POST /sign-out",
}
"""Routes that don't show that an agent is there: pages call them by themselves, or the agent leaves by them.
Heartbeats write their sign of life themselves.
"""


def key_of(method: str, path: str) -> str:
    return f"{'GET' if method == 'HEAD' else method} {path}"


async def allowed(request: Request) -> None:
    """Let the request through or raise. Sets ``request.state.signed`` to the sender, or to None on open routes.

    Raises ``NotSignedIn``, ``RoleMissing``, ``UnfitText`` for query parameters, or 404 if the path contains unfit text
    or exists only in the embedded stack.
    """
    key = key_of(request.method, request.scope["route"].path)
    rule = MATRIX.get(key, frozenset())
    request.state.signed = None
    unfit_path = any(is_unfit(part) for part in request.path_params.values())
    if unfit_path or (rule is Open.EMBEDDED and not (settings_of(request).embedded and _on_loopback(request))):
        raise HTTPException(404)
    refuse_unfit(request.query_params.multi_items())
    if isinstance(rule, Open):
        return
    signed = await find_signed_in(request, patient=key in BACKGROUND)
    if signed is None:
        raise NotSignedIn
    if not _has_role(signed, rule):
        await note_refusal(request, signed.actor, "a role", key)
        raise RoleMissing(tuple(sorted(role.value for role in rule)))
    request.state.signed = signed
    if Role.AGENT in signed.roles and key not in NO_SIGN_OF_LIFE:
        request.app.state.signs_of_life.note(signed.person_id)


async def still_allowed(request: Request) -> bool:
    """Whether the session lasts and its person may still call this route: a stream may outlive both."""
    signed = await find_signed_in(request, patient=True)
    rule = MATRIX.get(key_of(request.method, request.scope["route"].path))
    return signed is not None and isinstance(rule, frozenset) and _has_role(signed, rule)


def _has_role(signed: SignedIn, rule: frozenset[Role]) -> bool:
    return bool(signed.roles & {role.value for role in rule})


def _on_loopback(request: Request) -> bool:
    """Whether the request reached this machine's own address under its own name.

    The name too, because a page of another site can have its name lead to 127.0.0.1, and read what it gets.
    """
    reached, _ = request.scope.get("server") or ("", 0)
    return _is_loopback(request.url.hostname or "") and _is_loopback(reached)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
