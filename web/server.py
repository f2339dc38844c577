"""The web process: uvicorn, whose stopping ends the event streams at once."""

from __future__ import annotations

from types import FrameType

import uvicorn
from fastapi import FastAPI


class _Server(uvicorn.Server):
    """Uvicorn waits for open answers before it stops, and a stream of events is never done by itself."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._app.state.live.hush()
        super().handle_exit(sig, frame)


def run(app: FastAPI, *, host: str, port: int) -> None:
    """Serve until a signal. Addresses with tokens are not logged: there is no access log, but metrics."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=30,
        date_header=True,
    )
    _Server(config, app).run()
