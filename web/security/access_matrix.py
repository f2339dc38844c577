"""The access matrix: who may call which route. Routes that are not listed are refused."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from domain.sign_in import Role


class Open(Enum):
    """Routes that need no session."""

    PUBLIC = "public"
    LINK = "link"
    """The URL contains a secret token, which the route looks up."""
    API = "api"
    """A bearer token with scopes, checked by ``web.api``."""
    HOOK = "hook"
    """A signature over the body, checked by ``web.hooks``."""
    EMBEDDED = "embedded"
    """Exists only in the embedded stack, which listens on this machine only."""


Rule = Open | frozenset[Role]

AGENT, MANAGER, OPS, ADMIN = Role.AGENT, Role.MANAGER, Role.OPS, Role.ADMIN
ANYONE = frozenset(Role)
DESK = frozenset({AGENT})
DESK_VIEWERS = frozenset({AGENT, MANAGER})
ESCALATING = frozenset({AGENT, MANAGER, OPS})
RULES = frozenset({MANAGER, ADMIN})
OUTCOMES = frozenset({MANAGER, OPS, ADMIN})
WATCHING = frozenset({OPS, MANAGER, ADMIN})
REPAIRING = frozenset({OPS, ADMIN})
ADMINISTRATION = frozenset({ADMIN})

MATRIX: dict[str, Rule] = {
    "GET /": Open.PUBLIC,
    "GET /static/{name:path}": Open.PUBLIC,
    "GET /healthz": Open.PUBLIC,
    "GET /readyz": Open.PUBLIC,
    "GET /metrics": Open.PUBLIC,
    "GET /favicon.ico": Open.PUBLIC,
    "GET /robots.txt": Open.PUBLIC,
    "GET /sign-in": Open.PUBLIC,
    "POST /sign-in": Open.PUBLIC,
    "GET /sign-in/{token}": Open.LINK,
    "POST /sign-in/{token}": Open.LINK,
    "POST /sign-out": ANYONE,
    "GET /sessions": ANYONE,
    "POST /sessions/end": ANYONE,
    # The customer
    "GET /c/{token}": Open.LINK,
    "GET /c/{token}/line": Open.LINK,
    "GET /c/{token}/stream": Open.LINK,
    "GET /c/{token}/calendar.ics": Open.LINK,
    "POST /c/{token}/book": Open.LINK,
    "POST /c/{token}/move": Open.LINK,
    "POST /c/{token}/cancel": Open.LINK,
    "POST /c/{token}/alone": Open.LINK,
    "POST /c/{token}/again": Open.LINK,
    "POST /c/{token}/ask": Open.LINK,
    "POST /c/{token}/wish": Open.LINK,
    "POST /c/{token}/take": Open.LINK,
    "GET /join/{token}": Open.LINK,
    "POST /join/{token}": Open.LINK,
    "GET /join/{token}/stream": Open.LINK,
    "GET /join/{token}/ice": Open.LINK,
    "POST /join/{token}/beat": Open.LINK,
    "POST /join/{token}/signals": Open.LINK,
    "POST /join/{token}/leave": Open.LINK,
    "POST /c/{token}/rate": Open.LINK,
    "POST /c/{token}/call-back": Open.LINK,
    "POST /rate/{token}/call-back": Open.LINK,
    "GET /rate/{token}": Open.LINK,
    "POST /rate/{token}": Open.LINK,
    # Other programs
    "GET /api/v1/openapi.json": Open.PUBLIC,
    "POST /api/v1/escalations": Open.API,
    "GET /api/v1/escalations": Open.API,
    "GET /api/v1/escalations/{escalation_id}": Open.API,
    "POST /api/v1/escalations/{escalation_id}/withdraw": Open.API,
    "GET /api/v1/escalations/{escalation_id}/slots": Open.API,
    "PATCH /api/v1/tickets": Open.API,
    "GET /api/v1/shifts": Open.API,
    "PUT /api/v1/people/{email}/days/{day}": Open.API,
    "DELETE /api/v1/people/{email}/days/{day}": Open.API,
    "PUT /api/v1/people/{email}/time-off/{key}": Open.API,
    "DELETE /api/v1/people/{email}/time-off/{key}": Open.API,
    "GET /api/v1/export": Open.API,
    "POST /hooks/zendesk/{source}": Open.HOOK,
    # The desk
    "GET /desk": DESK_VIEWERS,
    "GET /desk/colleagues": frozenset({MANAGER}),
    "GET /desk/live": DESK_VIEWERS,
    "GET /desk/stream": DESK_VIEWERS,
    "POST /desk/presence": DESK,
    "POST /desk/presence/heartbeat": DESK,
    "POST /desk/presence/elsewhere": DESK,
    "GET /desk/offers/{call_id}/{nth}/context": DESK,
    "POST /desk/offers/{call_id}/{nth}/accept": DESK,
    "POST /desk/offers/{call_id}/{nth}/decline": DESK,
    "POST /desk/calls/{call_id}/end": DESK,
    "POST /desk/calls/{call_id}/wrap-up": DESK,
    "POST /desk/requests/{request_id}/issue": DESK_VIEWERS,
    "POST /desk/requests/{request_id}/close": DESK_VIEWERS,
    "POST /desk/requests/{request_id}/hold": DESK_VIEWERS,
    "POST /desk/follow-ups/{call_id}/done": DESK_VIEWERS,
    "GET /desk/escalate": ESCALATING,
    "POST /desk/escalate": ESCALATING,
    "GET /desk/escalations/{escalation_id}": ESCALATING,
    "GET /desk/escalations/{escalation_id}/stream": ESCALATING,
    "GET /desk/escalations/{escalation_id}/slots": ESCALATING | WATCHING,
    "POST /desk/escalations/{escalation_id}/release-reserve": RULES,
    "POST /desk/escalations/{escalation_id}/widen-pool": RULES,
    # The back office
    "GET /board": WATCHING,
    "GET /board/parts": WATCHING,
    "GET /board/stream": WATCHING,
    "GET /ops": WATCHING,
    "GET /ops/{escalation_id}": WATCHING,
    "GET /ops/{escalation_id}/workflow": WATCHING,
    "GET /ops/{escalation_id}/stream": WATCHING,
    "POST /ops/{escalation_id}/nudge": REPAIRING,
    "GET /ops/{escalation_id}/rebuild": REPAIRING,
    "POST /ops/{escalation_id}/rebuild": REPAIRING,
    "POST /ops/{escalation_id}/withdraw": REPAIRING,
    "POST /ops/{escalation_id}/messages/{message_id}/send-again": REPAIRING,
    "GET /rules": RULES,
    "GET /rules/edit": RULES,
    "POST /rules/check": RULES,
    "POST /rules/past": RULES,
    "POST /rules/try": RULES,
    "POST /rules/complete": RULES,
    "POST /rules/format": RULES,
    "GET /rules/messages/{code}": RULES,
    "POST /rules/publish": RULES,
    "POST /rules/weigh": RULES,
    "GET /rules/versions": RULES,
    "GET /rules/versions/{number}": RULES,
    "POST /rules/versions/{number}/publish": RULES,
    "GET /rules/compare": RULES,
    "GET /rules/stages": RULES,
    "GET /rules/stages/{number}": RULES,
    "POST /rules/stages/{number}/next": RULES,
    "POST /rules/stages/{number}/roll-back": RULES,
    "GET /directory": RULES,
    "GET /directory/people/new": RULES,
    "POST /directory/people/new": RULES,
    "GET /directory/people/{number}": RULES,
    "POST /directory/people/{number}": RULES,
    "GET /directory/{kind}": RULES,
    "POST /directory/{kind}": RULES,
    "GET /directory/{kind}/{number}": RULES,
    "POST /directory/{kind}/{number}/rename": RULES,
    "POST /directory/{kind}/{number}/change": RULES,
    "POST /directory/{kind}/{number}/delete": RULES,
    # Shifts
    "GET /shifts": ANYONE,
    "POST /shifts/holidays": RULES,
    "GET /shifts/people/{number}": RULES,
    "POST /shifts/people/{number}/changes": RULES,
    "POST /shifts/people/{number}/calendars": RULES,
    "GET /shifts/me": ANYONE,
    "POST /shifts/me/changes": ANYONE,
    "POST /shifts/me/calendars": ANYONE,
    "POST /shifts/me/calendar": ANYONE,
    "GET /calendar/{token}": Open.LINK,
    "GET /outcomes": OUTCOMES,
    "GET /outcomes.csv": OUTCOMES,
    "GET /outcomes/what-if": OUTCOMES,
    "GET /admin": ADMINISTRATION,
    "POST /admin/people/{person_id}/sign-in-link": ADMINISTRATION,
    "POST /admin/people/{person_id}/password": ADMINISTRATION,
    "GET /admin/facts": ADMINISTRATION,
    "POST /admin/facts": ADMINISTRATION,
    "POST /admin/facts/remove": ADMINISTRATION,
    "GET /admin/tokens": ADMINISTRATION,
    "POST /admin/tokens": ADMINISTRATION,
    "POST /admin/tokens/revoke": ADMINISTRATION,
    "GET /admin/webhooks": ADMINISTRATION,
    "POST /admin/webhooks": ADMINISTRATION,
    "GET /admin/webhooks/{source}": ADMINISTRATION,
    "POST /admin/webhooks/{source}": ADMINISTRATION,
    "POST /admin/webhooks/{source}/secrets": ADMINISTRATION,
    "POST /admin/webhooks/{source}/secrets/end": ADMINISTRATION,
    "POST /admin/webhooks/{source}/test": ADMINISTRATION,
    "GET /admin/webhooks/{source}/delete": ADMINISTRATION,
    "POST /admin/webhooks/{source}/delete": ADMINISTRATION,
    "GET /admin/deliveries": ADMINISTRATION,
    "GET /admin/deliveries/{number}": ADMINISTRATION,
    "POST /admin/deliveries/{number}/replay": ADMINISTRATION,
    "GET /admin/guards": ADMINISTRATION,
    "POST /admin/guards": ADMINISTRATION,
    "GET /admin/audit": ADMINISTRATION,
    # The embedded stack
    "GET /dev/mail": Open.EMBEDDED,
    "GET /dev/mail.json": Open.EMBEDDED,
    "GET /dev/mail/{mail}": Open.EMBEDDED,
}

PLACES: tuple[tuple[str, str], ...] = (
    ("/desk", "Desk"),
    ("/board", "Board"),
    ("/ops", "Escalations"),
    ("/rules", "Rules"),
    ("/directory", "Directory"),
    ("/shifts", "Shifts"),
    ("/outcomes", "Outcomes"),
    ("/admin", "Administration"),
)
"""The navigation's entries in order; each is shown to those who may open it."""


def places_for(roles: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The navigation's entries for somebody with these roles."""
    own_roles = set(roles)
    rules = {address: MATRIX.get(f"GET {address}") for address, _ in PLACES}
    return tuple(
        (address, name)
        for address, name in PLACES
        if isinstance(rule := rules[address], frozenset) and own_roles & {role.value for role in rule}
    )
