"""A TURN server (Debian's coturn) in the agent's network, with the settings that Muster is given for it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

from tests.calls.network import AGENT_ADDRESS, CallNetwork

SECRET = "a secret shared with the relay"
VARIABLES = {
    "MUSTER_TURN_SERVERS": f"turn:{AGENT_ADDRESS}:3478?transport=udp",
    "MUSTER_TURN_SECRET": SECRET,
}
"""For the stack. The relay's address exists in the calls' own networks alone."""


@contextlib.asynccontextmanager
async def relay(folder: Path, network: CallNetwork) -> AsyncIterator[None]:
    program = shutil.which("turnserver")
    assert program is not None, "these tests need coturn (Debian: apt-get install coturn)"
    options = (
        *("-n", "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=muster", "--no-cli", "--no-tls"),
        *("--no-dtls", f"--listening-ip={AGENT_ADDRESS}", f"--relay-ip={AGENT_ADDRESS}", "--log-file=stdout"),
        f"--pidfile={folder / 'turnserver.pid'}",
    )
    with (folder / "turnserver.log").open("wb") as log:
        command = network.command(network.agent, program, *options)
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=subprocess.STDOUT)
    try:
        await _listens(network, folder)
        yield
    finally:
        process.terminate()
        await process.wait()


async def _listens(network: CallNetwork, folder: Path) -> None:
    command = network.command(network.agent, "ss", "--no-header", "--udp", "--listening", "sport = :3478")
    for _ in range(100):
        asked = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        found, _ = await asked.communicate()
        if found:
            return
        await asyncio.sleep(0.1)
    raise AssertionError((folder / "turnserver.log").read_text())
