"""What a route takes from its application: made once as it starts, and typed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Request

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from sqlalchemy.ext.asyncio import AsyncEngine

    from config.settings import Settings
    from domain.ids import Tokens
    from web.desk.acceptances import Acceptances
    from web.desk.feed import Feed
    from web.desk.signs_of_life import SignsOfLife
    from web.live import Live
    from web.security.rate_limit import LinkRateLimit, SignInLimit
    from web.security.session import Sessions
    from web.temporal.gateway import WorkflowGateway


def engine_of(request: Request) -> AsyncEngine:
    """The database, for pages and programs."""
    found: AsyncEngine = request.app.state.engine
    return found


def settings_of(request: Request) -> Settings:
    found: Settings = request.app.state.settings
    return found


def tokens_of(request: Request) -> Tokens:
    """Derives every secret address."""
    found: Tokens = request.app.state.tokens
    return found


def gateway_of(request: Request) -> WorkflowGateway:
    """Temporal, as the web speaks to it."""
    found: WorkflowGateway = request.app.state.gateway
    return found


def link_rate_limit_of(request: Request) -> LinkRateLimit:
    """Wrong links, by address."""
    found: LinkRateLimit = request.app.state.link_rate_limit
    return found


def live_of(request: Request) -> Live:
    """What changes, for streams to wait for."""
    found: Live = request.app.state.live
    return found


def desk_feed_of(request: Request) -> Feed:
    """The offers that rounds bring to desks."""
    found: Feed = request.app.state.desk_feed
    return found


def registry_of(request: Request) -> CollectorRegistry:
    """What `/metrics` tells."""
    found: CollectorRegistry = request.app.state.registry
    return found


def signs_of_life_of(request: Request) -> SignsOfLife:
    """Desks that are heard of, kept together."""
    found: SignsOfLife = request.app.state.signs_of_life
    return found


def sign_in_limit_of(request: Request) -> SignInLimit:
    """Tries to sign in, by address and account."""
    found: SignInLimit = request.app.state.sign_in_limit
    return found


def sessions_of(request: Request) -> Sessions:
    """Sessions, looked up together."""
    found: Sessions = request.app.state.sessions
    return found


def acceptances_of(request: Request) -> Acceptances:
    """Acceptances, written together."""
    found: Acceptances = request.app.state.acceptances
    return found
