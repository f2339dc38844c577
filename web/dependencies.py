"""What routes need from the application, as typed parameters such as ``engine: Engine``.

The desk's own dependencies are declared beside their classes, as in ``web.desk.feed``; ``Signed`` says who is signed
in.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from config.settings import Settings
from database.stores.escalations.commands import EscalationCommands
from domain.ids import Tokens
from web.live import Live
from web.security.rate_limit import LinkRateLimit, SignInLimit
from web.temporal.gateway import WorkflowGateway


def settings_of(request: Request) -> Settings:
    """The settings, for code outside routes: access checks, cookies, templates."""
    settings: Settings = request.app.state.settings
    return settings


def tokens_of(request: Request) -> Tokens:
    """The tokens, for code outside routes."""
    tokens: Tokens = request.app.state.tokens
    return tokens


# Coroutines, because FastAPI runs plain functions in threads.


async def _engine(request: Request) -> AsyncEngine:
    engine: AsyncEngine = request.app.state.engine
    return engine


async def _settings(request: Request) -> Settings:
    return settings_of(request)


async def _tokens(request: Request) -> Tokens:
    return tokens_of(request)


async def _commands(request: Request) -> EscalationCommands:
    commands: EscalationCommands = request.app.state.commands
    return commands


async def _gateway(request: Request) -> WorkflowGateway:
    gateway: WorkflowGateway = request.app.state.gateway
    return gateway


async def _live(request: Request) -> Live:
    live: Live = request.app.state.live
    return live


async def _link_rate_limit(request: Request) -> LinkRateLimit:
    limit: LinkRateLimit = request.app.state.link_rate_limit
    return limit


async def _sign_in_limit(request: Request) -> SignInLimit:
    limit: SignInLimit = request.app.state.sign_in_limit
    return limit


async def _registry(request: Request) -> CollectorRegistry:
    registry: CollectorRegistry = request.app.state.registry
    return registry


Engine = Annotated[AsyncEngine, Depends(_engine)]
"""The database, for pages and the API."""
AppSettings = Annotated[Settings, Depends(_settings)]
AppTokens = Annotated[Tokens, Depends(_tokens)]
"""Derives the secrets of all links and forms."""
AppCommands = Annotated[EscalationCommands, Depends(_commands)]
"""What people do to an escalation: book, move, cancel, wrap up, rate, nudge, withdraw."""
Gateway = Annotated[WorkflowGateway, Depends(_gateway)]
"""What Temporal knows about a workflow."""
LiveEvents = Annotated[Live, Depends(_live)]
"""Notifications from the database, for event streams."""
LinkLimiter = Annotated[LinkRateLimit, Depends(_link_rate_limit)]
"""Counts wrong links by client address."""
SignInLimiter = Annotated[SignInLimit, Depends(_sign_in_limit)]
"""Counts sign-in attempts, by client address and by account."""
MetricsRegistry = Annotated[CollectorRegistry, Depends(_registry)]
"""The figures shown at `/metrics`."""
