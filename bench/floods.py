"""How quick a desk stays beside floods: sign-ins, half requests, big rules texts; compared with the idle web process.

One web process over its own PostgreSQL. The desk and the flood take turns with rest in each of several rounds, so that
noise affects all equally. Each flood is sent by a process of its own; with two cores, some of the difference is that
process's work.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import text

from bench.stack import Bench, benched, percentiles
from bench.web_process import web_process
from database.stores.access.sessions import begin_session

ROOT = Path(__file__).parents[1]
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


@dataclass
class Beside:
    """What was measured beside one flood: milliseconds, and how many answers were refusals."""

    times: dict[str, list[float]] = field(default_factory=lambda: {"page": [], "heartbeat": []})
    refused: int = 0
    answered: Counter[str] = field(default_factory=Counter)


async def measure(folder: Path) -> str:
    """The table, as Markdown."""
    measured = {kind: Beside() for kind in KINDS}
    async with benched(folder, 20) as bench, web_process(bench, folder) as (port, _):
        cookie = await _session(bench)
        headers = {"Cookie": f"muster={cookie}", "Sec-Fetch-Site": "same-origin"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as desk:
            page = (await desk.get("/desk")).text
            form = dict(_SEEN.findall(page)) | {"form_token": _TOKEN.findall(page)[0]}
            for _ in range(ROUNDS):
                for kind, beside in measured.items():
                    async with _flood(kind, port, cookie, beside):
                        await _use(desk, form, beside)
    return _table(measured)


async def _session(bench: Bench) -> str:
    """The cookie of somebody who is both an agent and a manager."""
    secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
    async with bench.engine.begin() as conn:
        grown = text("UPDATE person SET roles = '{agent,manager}' WHERE name = 'Advisor 1' RETURNING id")
        person = (await conn.execute(grown)).scalar_one()
        await begin_session(conn, person, secret, now, now + timedelta(hours=2))
    return secret


@asynccontextmanager
async def _flood(kind: str, port: int, cookie: str, beside: Beside) -> AsyncIterator[None]:
    """Flood the web process during the block, and count what it answered."""
    if not kind:
        yield
        return
    command = (sys.executable, "-m", "bench.flood_senders", kind, str(port), cookie)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)
    await asyncio.sleep(SETTLING)
    yield
    process.terminate()
    lines = (await process.communicate())[0].splitlines()
    beside.answered.update(json.loads(lines[-1]) if lines else {})
    # The web finishes what was under way.
    await asyncio.sleep(SETTLING)


async def _use(desk: httpx.AsyncClient, form: dict[str, str], beside: Beside) -> None:
    """Load the desk's page and send its heartbeat for a while."""
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        for what, method, path in (("page", "GET", "/desk"), ("heartbeat", "POST", "/desk/presence/heartbeat")):
            began = time.perf_counter()
            posted = method == "POST"
            answer = await desk.request(
                method, path, data=form if posted else None, headers={"HX-Request": "true"} if posted else None
            )
            beside.times[what].append((time.perf_counter() - began) * 1000)
            beside.refused += answer.status_code == 503
        await asyncio.sleep(PAUSE)


def _table(measured: dict[str, Beside]) -> str:
    lines = [
        "| beside | the desk's page p50 / p99 ms | ratio to idle | its heartbeat p50 / p99 ms | ratio to idle | 503 |",
        "| --- | --- | --- | --- | --- | ---: |",
    ]
    idle = {what: percentiles(times) for what, times in measured[""].times.items()}
    for kind, beside in measured.items():
        cells = [KINDS[kind]]
        for what, times in beside.times.items():
            p50, p99 = percentiles(times)
            cells += [f"{p50:.0f} / {p99:.0f}", f"{p50 / idle[what][0]:.1f} / {p99 / idle[what][1]:.1f}"]
        lines.append(f"| {' | '.join(cells)} | {beside.refused} |")
    counts = "; ".join(f"{kind} {_counted(beside.answered)}" for kind, beside in measured.items() if kind)
    pages = ", ".join(str(len(beside.times["page"])) for beside in measured.values())
    return "\n".join([*lines, "", f"{pages} pages. Answers to the floods: {counts}."])


def _counted(answers: Counter[str]) -> str:
    return ", ".join(f"{times} × {status}" for status, times in sorted(answers.items())) or "none"
