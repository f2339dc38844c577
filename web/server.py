"""The web process: uvicorn, which ends its event streams immediately when it stops."""

from __future__ import annotations

import sys
from types import FrameType

import uvicorn
from fastapi import FastAPI

from web.http_protocol import PunctualHttp

SWITCH_AFTER = 0.001
"""Seconds after which a thread that computes in Python hands over to the event loop, which waits for that at each of a
request's steps. Python's default is five times as long."""


class _Server(uvicorn.Server):
    """Ends event streams on a stop signal: uvicorn waits for open responses, and these never end on their own."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._app.state.live.hush()
        super().handle_exit(sig, frame)


def run(app: FastAPI, *, host: str, port: int) -> None:
    """Serve until a signal arrives. There are metrics but no access log, because URLs contain tokens."""
    sys.setswitchinterval(SWITCH_AFTER)
    config = uvicorn.Config(
        app,
        http=PunctualHttp,
        host=host,
        port=port,
        # The application itself reads what trusted proxies say.
        proxy_headers=False,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=30,
        date_header=True,
    )
    _Server(config, app).run()
