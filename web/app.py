"""The web application: its parts, lifespan and middleware."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import iter_route_contexts
from prometheus_client import CollectorRegistry, ProcessCollector
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute

from config.settings import Settings
from config.temporal import connect
from database.clock_reading import keep_clock
from database.process_metrics import DatabaseMetrics
from database.stores.archive.folder import ArchiveFolder
from database.stores.escalations.commands import EscalationCommands
from domain.ids import Tokens
from web import (
    admin,
    api,
    assets,
    board,
    call,
    customer,
    desk,
    dev,
    directory,
    error_pages,
    health,
    hooks,
    ops,
    outcomes,
    rules,
    sessions,
    shifts,
    sign_in,
)
from web.admission import Admission
from web.beat import report_serving
from web.call.limits import CallLimits
from web.customer.feed import CustomerFeed
from web.desk.acceptances import Acceptances
from web.desk.feed import Feed
from web.desk.signs_of_life import SignsOfLife
from web.hooks.unsigned import UnsignedDeliveries
from web.large_form import LargeFormRoute
from web.live import Live
from web.loop_watch import LoopWatch
from web.metrics import RequestMetrics
from web.pools import open_pools
from web.portions import Portions
from web.readiness import Readiness
from web.row_metrics import RowMetrics
from web.security.access import allowed
from web.security.client_address import ClientAddress
from web.security.headers import Shield
from web.security.rate_limit import FORGED_A_MINUTE, REFUSALS_A_MINUTE, SIGN_INS_A_MINUTE, RateLimit
from web.security.session import Sessions
from web.temporal.gateway import WorkflowGateway
from web.whole_body import WholeBody

# Routes are matched in this order. Desks send the most requests, followed by pages loading their assets.
_PARTS = (
    desk,
    assets,
    health,
    sign_in,
    sessions,
    call,
    customer,
    board,
    rules,
    directory,
    shifts,
    outcomes,
    ops,
    admin,
    api,
    hooks,
    dev,
)


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    """Starts without waiting for the database or Temporal. Either may become available later, or fail and come back."""
    settings: Settings = app.state.settings
    async with open_pools(settings.require_database_url(), settings.database_pool) as pools:
        app.state.pools = pools
        app.state.engine, app.state.reports, app.state.customers = pools.pages, pools.reports, pools.customers
        app.state.sessions = Sessions(pools.desks)
        app.state.signs_of_life = SignsOfLife(pools.desks)
        app.state.acceptances = Acceptances(pools.desks, app.state.tokens)
        app.state.commands = EscalationCommands(pools.commands, app.state.tokens)
        app.state.customer_commands = EscalationCommands(pools.customers, app.state.tokens)
        app.state.readiness = Readiness(pools.readiness)
        app.state.row_metrics = RowMetrics(pools.watching)
        app.state.unsigned_deliveries = UnsignedDeliveries(pools.pages)
        app.state.gateway = WorkflowGateway(await connect())
        app.state.desk_feed = Feed(app.state.live, pools.desks)
        app.state.customer_feed = CustomerFeed(app.state.live, pools.customers)
        await app.state.live.start()
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(app.state.desk_feed.run())
            tasks.create_task(app.state.customer_feed.run())
            tasks.create_task(keep_clock(pools.watching, stop))
            ending = [
                tasks.create_task(report_serving(pools.desks)),
                tasks.create_task(app.state.loop_watch.run()),
                tasks.create_task(app.state.signs_of_life.run()),
                tasks.create_task(app.state.unsigned_deliveries.run()),
            ]
            yield
            stop.set()
            for task in ending:
                task.cancel()
            await app.state.live.stop()


@cache
def _all_routes() -> tuple[BaseRoute, ...]:
    """Every part's routes, which no setting changes, guarded by ``allowed``; made once a process.

    They stand in one list, because included routers are searched level by level, twice per request.
    """
    router = APIRouter(dependencies=[Depends(allowed)], route_class=LargeFormRoute)
    for part in _PARTS:
        for route in iter_route_contexts(part.router.routes):
            if route.path is None or route.endpoint is None:
                raise TypeError(f"{route.original_route} has no path or no function")
            router.add_api_route(
                route.path,
                route.endpoint,
                methods=route.methods,
                dependencies=route.dependencies,
                status_code=route.status_code,
                response_model=route.response_model,
                response_class=route.response_class,
            )
    return tuple(router.routes)


def create_app(settings: Settings) -> FastAPI:
    """Builds the application. Raises ``SettingMissing`` or ``AssetMissing`` if it can't serve with these settings."""
    app = FastAPI(
        title="Muster",
        lifespan=_life,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings = settings
    app.state.archive = ArchiveFolder(settings.archive)
    app.state.tokens = Tokens(settings.require_secret_key().encode())
    app.state.room, app.state.call_relays = settings.room, settings.call_relays
    app.state.call_limits = CallLimits()
    app.state.live = Live(settings.require_database_url())
    app.state.link_limit = RateLimit("links")
    app.state.sign_in_limit = RateLimit("sign-in", per_account=SIGN_INS_A_MINUTE)
    app.state.token_limit = RateLimit("tokens")
    app.state.signature_limit = RateLimit("signatures", per_account=FORGED_A_MINUTE)
    app.state.refusal_limit = RateLimit("refusals", per_address=1000, per_account=REFUSALS_A_MINUTE)
    app.state.registry = CollectorRegistry()
    ProcessCollector(registry=app.state.registry)
    app.state.registry.register(DatabaseMetrics())
    app.state.loop_watch = LoopWatch(app.state.registry)
    assets.asset_url("vendor/htmx.min.js")
    app.router.routes.extend(_all_routes())
    app.add_middleware(Admission)
    app.add_middleware(WholeBody)
    error_pages.install(app)
    # The middleware added last is the outermost.
    app.add_middleware(Portions)
    app.add_middleware(GZipMiddleware, minimum_size=600, compresslevel=6)
    app.add_middleware(RequestMetrics, registry=app.state.registry)
    app.add_middleware(Shield, room_url=settings.room.site, base_url=settings.base_url)
    app.add_middleware(ClientAddress, trusted=settings.proxies)
    return app
