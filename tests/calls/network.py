"""Two network namespaces joined by a cable, as two people's networks are; needs root and Linux.

Browsers connect by the machine's own network cards, so a call between two browsers runs here: nothing leaves the two
namespaces. Muster is reached through this process, which listens in a namespace and passes everything on.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import secrets
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

AGENT_ADDRESS, CUSTOMER_ADDRESS = "10.231.0.1", "10.231.0.2"
_NAMED = Path("/run/netns")
_CLONE_NEWNET = 0x40000000
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class CallNetwork:
    """The agent's namespace, which also has the way to Muster, and the customer's."""

    agent: str
    customer: str
    port: int
    """Muster's port, the same in every namespace."""

    @property
    def agent_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def customer_url(self) -> str:
        """Muster as the customer reaches it, over the cable."""
        return f"http://{AGENT_ADDRESS}:{self.port}"

    def unplug(self) -> None:
        """Nothing passes any more between the customer and the rest of the world."""
        _run("-n", self.customer, "link", "set", "customer", "down")

    def plug_in(self) -> None:
        _run("-n", self.customer, "link", "set", "customer", "up")

    def command(self, namespace: str, *words: str) -> list[str]:
        """A command that runs in this namespace."""
        return ["ip", "netns", "exec", namespace, *words]

    def program(self, folder: Path, namespace: str, path: str) -> Path:
        """A program that runs another one in this namespace."""
        script = folder / f"{Path(path).name}-{namespace}"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {namespace} {path} "$@"\n')
        script.chmod(0o755)
        return script


@contextlib.asynccontextmanager
async def call_network(port: int) -> AsyncIterator[CallNetwork]:
    """Both namespaces while the block lasts. ``port`` is Muster's on 127.0.0.1 outside."""
    mark = secrets.token_hex(3)
    network = CallNetwork(f"muster-{mark}-agent", f"muster-{mark}-customer", port)
    try:
        _set_up(network)
        servers = [
            await asyncio.start_server(_passing_on(port), sock=_listening(network.agent, address, port))
            for address in ("127.0.0.1", AGENT_ADDRESS)
        ]
        yield network
        for server in servers:
            server.close()
    finally:
        _tear_down(network)


def _set_up(network: CallNetwork) -> None:
    for namespace in (network.agent, network.customer):
        _run("netns", "add", namespace)
        _run("-n", namespace, "link", "set", "lo", "up")
    peer = ("peer", "name", "customer", "netns", network.customer)
    _run("-n", network.agent, "link", "add", "agent", "type", "veth", *peer)
    for namespace, card, address in (
        (network.agent, "agent", AGENT_ADDRESS),
        (network.customer, "customer", CUSTOMER_ADDRESS),
    ):
        _run("-n", namespace, "address", "add", f"{address}/24", "dev", card)
        _run("-n", namespace, "link", "set", card, "up")


def _tear_down(network: CallNetwork) -> None:
    for namespace in (network.agent, network.customer):
        subprocess.run(["ip", "netns", "delete", namespace], check=False, capture_output=True)


def _run(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _listening(namespace: str, address: str, port: int) -> socket.socket:
    """A socket that listens in this namespace; it stays there, whoever uses it."""

    def listen() -> socket.socket:
        found = socket.socket()
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((address, port))
        found.listen(128)
        return found

    return _within(namespace, listen)


def _within(namespace: str, work: Callable[[], _Result]) -> _Result:
    """The result of this work, done by a thread that has moved to the namespace and ends there."""
    results: list[_Result] = []

    def moved() -> None:
        descriptor = os.open(_NAMED / namespace, os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"no way into {namespace}")
            results.append(work())
        finally:
            os.close(descriptor)

    thread = threading.Thread(target=moved)
    thread.start()
    thread.join()
    return results[0]


def _passing_on(port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    tasks: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(pass_on(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    return begin


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()
