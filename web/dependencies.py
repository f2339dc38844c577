"""What routes need from the application, as typed parameters such as ``engine: Engine``.

What only one part of the web needs is declared there, beside its class, as in ``web.desk.feed``; ``Signed`` says who is
signed in.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from config.settings import Settings
from database.stores.archive.folder import ArchiveFolder
from database.stores.escalations.commands import EscalationCommands
from domain.ids import Tokens
from domain.media.room import Room
from web.live import Live
from web.security.rate_limit import RateLimit
from web.temporal.gateway import WorkflowGateway


def settings_of(request: Request) -> Settings:
    """The settings, for code outside routes: access checks, cookies, templates."""
    settings: Settings = request.app.state.settings
    return settings


def tokens_of(request: Request) -> Tokens:
    """The tokens, for code outside routes."""
    tokens: Tokens = request.app.state.tokens
    return tokens


def from_state(name: str) -> Any:
    """A dependency on the object of this name in the application's state."""

    # A coroutine, because FastAPI runs plain functions in a thread each.
    async def found(request: Request) -> Any:
        return getattr(request.app.state, name)

    return Depends(found)


Engine = Annotated[AsyncEngine, from_state("engine")]
"""The database, for pages and the API."""
Reports = Annotated[AsyncEngine, from_state("reports")]
"""The database, for what may take half a minute: outcomes, backtests, exports."""
Customers = Annotated[AsyncEngine, from_state("customers")]
"""The database, for customers, with connections that nothing else can exhaust."""
AppRoom = Annotated[Room, from_state("room")]
AppSettings = Annotated[Settings, from_state("settings")]
Archive = Annotated[ArchiveFolder, from_state("archive")]
"""The documents of archived escalations."""
AppTokens = Annotated[Tokens, from_state("tokens")]
"""Derives the secrets of all links and forms."""
AppCommands = Annotated[EscalationCommands, from_state("commands")]
"""What staff and programs do to an escalation: wrap up, nudge, withdraw."""
CustomerCommands = Annotated[EscalationCommands, from_state("customer_commands")]
"""What customers do: book, move, cancel, rate."""
Gateway = Annotated[WorkflowGateway, from_state("gateway")]
"""What Temporal knows about a workflow."""
LiveEvents = Annotated[Live, from_state("live")]
"""Notifications from the database, for event streams."""
LinkLimiter = Annotated[RateLimit, from_state("link_limit")]
"""Counts wrong links by client address."""
SignInLimiter = Annotated[RateLimit, from_state("sign_in_limit")]
"""Counts sign-in attempts, by client address and by account."""
TokenLimiter = Annotated[RateLimit, from_state("token_limit")]
"""Counts wrong API tokens by client address."""
SignatureLimiter = Annotated[RateLimit, from_state("signature_limit")]
"""Counts wrong signatures of webhooks, by client address and by source."""
MetricsRegistry = Annotated[CollectorRegistry, from_state("registry")]
"""The figures shown at `/metrics`."""
