"""A client of the language server protocol, over the pipes of a real process."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

WITHIN = 20.0
MUSTER = str(Path(sys.executable).with_name("muster"))


class Editor:
    def __init__(self, *words: str) -> None:
        self.server = subprocess.Popen(
            [MUSTER, "rules", "serve", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.number = 0
        self.received: queue.Queue[dict[str, Any]] = queue.Queue()
        self.unread: list[dict[str, Any]] = []
        """Notifications received that no test has read yet."""
        self.listening = threading.Thread(target=self._listen, args=(self.server.stdout,), daemon=True)
        self.listening.start()

    def _listen(self, pipe: IO[bytes]) -> None:
        while header := pipe.readline():
            length = int(header.split(b":")[1]) if header.lower().startswith(b"content-length") else None
            while pipe.readline().strip():
                pass
            if length is not None:
                self.received.put(json.loads(pipe.read(length)))

    def _send(self, **message: Any) -> None:
        assert self.server.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.server.stdin.flush()

    def notify(self, method: str, **params: Any) -> None:
        self._send(method=method, params=params)

    def request(self, method: str, **params: Any) -> Any:
        """The result of a request; an error from the server fails the test."""
        self.number += 1
        self._send(id=self.number, method=method, params=params)
        while True:
            message = self.received.get(timeout=WITHIN)
            if message.get("id") == self.number and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self.unread.append(message)

    def wait_for(self, method: str, **expected: Any) -> Any:
        """The parameters of the next notification with this method and these values."""

        def fits(message: dict[str, Any]) -> bool:
            params = message.get("params") or {}
            return (
                message.get("method") == method
                and expected.items() <= {key: params.get(key) for key in expected}.items()
            )

        for at, message in enumerate(self.unread):
            if fits(message):
                return self.unread.pop(at)["params"]
        while True:
            message = self.received.get(timeout=WITHIN)
            if fits(message):
                return message["params"]
            self.unread.append(message)

    def begin(self, **capabilities: Any) -> Any:
        found = self.request("initialize", processId=None, rootUri=None, capabilities=capabilities)
        self.notify("initialized")
        return found["capabilities"]

    def open(self, path: Path, text: str) -> str:
        uri = path.as_uri()
        self.notify(
            "textDocument/didOpen", textDocument={"uri": uri, "languageId": "rules", "version": 1, "text": text}
        )
        return uri

    def change(self, uri: str, version: int, text: str) -> None:
        self.notify(
            "textDocument/didChange", textDocument={"uri": uri, "version": version}, contentChanges=[{"text": text}]
        )

    def diagnostics(self, uri: str) -> Any:
        return self.wait_for("textDocument/publishDiagnostics", uri=uri)

    def at(self, method: str, uri: str, line: int, character: int) -> Any:
        return self.request(method, textDocument={"uri": uri}, position={"line": line, "character": character})

    def end(self) -> int:
        self.request("shutdown")
        self._send(method="exit")
        code = self.server.wait(timeout=WITHIN)
        self.listening.join(timeout=WITHIN)
        for pipe in (self.server.stdin, self.server.stdout, self.server.stderr):
            if pipe is not None:
                pipe.close()
        return code
