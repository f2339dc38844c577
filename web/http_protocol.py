"""The HTTP protocol of the web process: a connection that sends its headers slowly, or too many, is closed."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADERS_WITHIN = 10.0
"""Seconds from a connection's beginning, or from a request's first byte, until its headers must be complete."""
LARGEST_HEAD = 32 * 1024
"""Maximum bytes of a request's address and headers together."""
_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class PunctualHttp(HttpToolsProtocol):
    """Uvicorn's protocol, which waits for headers for ever and keeps as many as are sent."""

    headers_within = HEADERS_WITHIN
    _waiting: asyncio.TimerHandle | None = None
    _head = 0
    """Bytes of the request's address and headers that were parsed."""
    _raw = 0
    """Bytes that arrived while its head was incomplete: one endless header is parsed only once it ends."""
    _started = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        within_head = self._waiting is not None
        self._started = True
        super().data_received(data)
        if within_head and self._waiting is not None:
            self._raw += len(data)
            if self._raw > LARGEST_HEAD:
                self._refuse(_LARGE)
        elif self._waiting is None and self._is_idle():
            # Line ends between two requests begin none, but have ended the limit for idle connections.
            self._wait_for_headers()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head = self._raw = 0
        if self._waiting is None:
            self._wait_for_headers()

    def on_url(self, url: bytes) -> None:
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(name + value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.transport.is_closing():
            super().on_message_complete()

    def _is_idle(self) -> bool:
        answered = self.cycle is None or self.cycle.response_complete
        return answered and self.timeout_keep_alive_task is None and not self.transport.is_closing()

    def _count(self, part: bytes) -> None:
        self._head += len(part)
        if self._head > LARGEST_HEAD:
            self._refuse(_LARGE)

    def _wait_for_headers(self) -> None:
        self._waiting = self.loop.call_later(self.headers_within, self._refuse, _SLOW)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _refuse(self, answer: bytes) -> None:
        """Answer unless another request's answer is being written, and close the connection."""
        self._stop_waiting()
        if self.transport.is_closing():
            return
        if self._started and (self.cycle is None or self.cycle.response_complete):
            self.transport.write(answer)
        self.transport.close()
