"""The ticker process: runs rounds outside the worker's event loop."""

from __future__ import annotations

import asyncio
import signal

from config.settings import Settings
from database import limits
from database.clock_reading import keep_clock
from database.engine import open_engine
from domain.ids import Tokens
from workers import ticker
from workers.part import Part, keep_running
from workers.probe import Probe, serving_probe
from workers.pulse import PULSES, TICKER_PARTS


async def run_ticker(settings: Settings) -> None:
    """Tick until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    engine = open_engine(settings.require_database_url(), limits.ROUND, connections=3)
    tokens = Tokens(settings.require_secret_key().encode())
    PULSES.expect(TICKER_PARTS)
    with serving_probe(Probe("ticker", installation=tokens.installation()), settings.probe_host, settings.probe_port):
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_running(Part("clock"), lambda: keep_clock(engine, stop), stop))
            group.create_task(ticker.run_ticker(engine, tokens, stop))
    await engine.dispose()
