"""How quick a desk stays beside floods: sign-ins, half requests, big rules texts; compared with the idle web process.

One web process over its own PostgreSQL. The desk and the flood take turns with rest in each of several rounds, so that
noise affects all equally. Each flood is sent by a process of its own; with two cores, some of the difference is that
process's work.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import text

from bench.stack import Bench, benched, percentiles, running
from cli.stack.home import choose_ports
from database.stores.access.sessions import begin_session

ROUNDS, SECONDS, SETTLING = 6, 8.0, 2.0
"""How often each flood is measured, for how long each time, and how long it runs before."""
PAUSE = 0.05
"""Seconds between two requests of the desk."""
KINDS = {
    "": "nothing else",
    "sign-ins": "30 wrong sign-ins at a time, each from another address",
    "halves": "200 half requests, renewed when closed",
    "texts": "8 checks of rules texts of 250,000 characters at a time",
}
_SEEN = re.compile(r'name="(seen\.[a-z]+)" value="([^"]*)"')
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
Times = dict[str, dict[str, list[float]]]


async def measure(folder: Path) -> str:
    """The table, as Markdown."""
    async with benched(folder, 20) as bench, _web(bench, folder) as port:
        cookie = await _session(bench)
        times: Times = {kind: defaultdict(list) for kind in KINDS}
        answered: dict[str, dict[str, int]] = {}
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Cookie": f"muster={cookie}", "Sec-Fetch-Site": "same-origin"},
            timeout=60,
        ) as desk:
            for _ in range(ROUNDS):
                for kind in KINDS:
                    answered[kind] = await _beside(kind, port, cookie, desk, times[kind])
        return _table(times, answered)


@asynccontextmanager
async def _web(bench: Bench, folder: Path) -> AsyncIterator[int]:
    """A web process; yields its port."""
    port = choose_ports(("web",), 19600, {})["web"]
    names = {name: value for name, value in os.environ.items() if not name.startswith(("MUSTER_", "TEMPORAL_"))}
    environment = names | {
        "MUSTER_DATABASE_URL": bench.url_of("muster"),
        "MUSTER_SECRET_KEY": secrets.token_urlsafe(32),
        "MUSTER_HOST": "127.0.0.1",
        "MUSTER_PORT": str(port),
        "MUSTER_HOME": str(folder / "home"),
        "TEMPORAL_ADDRESS": bench.client.service_client.config.target_host,
    }
    command = (sys.executable, "-m", "cli.main", "web")
    with running(command, folder / "web.log", cwd=Path(__file__).parents[1], env=environment):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            for _ in range(300):
                try:
                    if (await client.get("/readyz")).is_success:
                        break
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)
            else:
                raise TimeoutError((folder / "web.log").read_text())
        yield port


async def _session(bench: Bench) -> str:
    """The cookie of somebody who is both an agent and a manager."""
    secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
    async with bench.engine.begin() as conn:
        grown = text("UPDATE person SET roles = '{agent,manager}' WHERE name = 'Advisor 1' RETURNING id")
        person = (await conn.execute(grown)).scalar_one()
        await begin_session(conn, person, secret, now, now + timedelta(hours=2))
    return secret


async def _beside(
    kind: str, port: int, cookie: str, desk: httpx.AsyncClient, times: dict[str, list[float]]
) -> dict[str, int]:
    """Measure the desk beside one flood; returns how many of its requests were answered, by status."""
    if not kind:
        await _use_desk(desk, times)
        return {}
    command = (sys.executable, "-m", "bench.flood_senders", kind, str(port), cookie)
    flood = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[1]
    )
    await asyncio.sleep(SETTLING)
    await _use_desk(desk, times)
    flood.terminate()
    lines = (await flood.communicate())[0].splitlines()
    # The web finishes what was under way.
    await asyncio.sleep(SETTLING)
    return json.loads(lines[-1]) if lines else {}


async def _use_desk(desk: httpx.AsyncClient, times: dict[str, list[float]]) -> None:
    page = (await _timed(desk, times["page"], "GET", "/desk")).text
    form = dict(_SEEN.findall(page)) | {"form_token": _TOKEN.findall(page)[0]}
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        await _timed(desk, times["page"], "GET", "/desk")
        await _timed(desk, times["heartbeat"], "POST", "/desk/presence/heartbeat", form)
        await asyncio.sleep(PAUSE)


async def _timed(
    desk: httpx.AsyncClient, into: list[float], method: str, path: str, form: dict[str, str] | None = None
) -> httpx.Response:
    began = time.perf_counter()
    answer = await desk.request(method, path, data=form, headers={"HX-Request": "true"} if form else {})
    into.append((time.perf_counter() - began) * 1000)
    answer.raise_for_status()
    return answer


def _table(times: Times, answered: dict[str, dict[str, int]]) -> str:
    lines = [
        "| beside | desk's page p50 / p99 ms | ratio to idle | heartbeat p50 / p99 ms | ratio to idle |",
        "| --- | --- | --- | --- | --- |",
    ]
    idle = {what: percentiles(values) for what, values in times[""].items()}
    for kind, words in KINDS.items():
        cells = []
        for what in ("page", "heartbeat"):
            p50, p99 = percentiles(times[kind][what])
            ratio = f"{p50 / idle[what][0]:.1f} / {p99 / idle[what][1]:.1f}"
            cells.append(f"{p50:.0f} / {p99:.0f} | {ratio}")
        lines.append(f"| {words} | {' | '.join(cells)} |")
    counts = "; ".join(f"{kind}: {_counted(answered[kind])}" for kind in KINDS if kind)
    return "\n".join([*lines, "", f"{len(times['']['page'])} pages idle. Answers to the last floods: {counts}."])


def _counted(answers: dict[str, int]) -> str:
    return ", ".join(f"{times} × {status}" for status, times in sorted(answers.items())) or "none"
