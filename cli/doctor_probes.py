"""What the workers and tickers on this machine answer about themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import httpx

from cli.findings import Finding
from cli.stack.home import Record
from cli.stack.parts import PROBED
from config.settings import Settings
from workers.probe_ports import PORTS

ANSWER_WITHIN = 3.0
STARTING = 60.0
"""Seconds for which a part that hasn't succeeded yet counts as starting."""


def examine_probes(settings: Settings, stack: Record | None, mark: str | None) -> Iterator[Finding]:
    """Findings about each worker and ticker: those of this stack, otherwise those with this mark on this machine."""
    if stack is not None:
        yield from _children(stack)
        return
    ports = range(settings.probe_port, settings.probe_port + PORTS) if settings.probe_port else ()
    answers = [answer for answer in _ask(settings.probe_host, ports) if answer]
    own = [answer for answer in answers if mark is None or answer.get("installation") in (None, "", mark)]
    for answer in own:
        yield _finding(answer["process"], answer)
    if not own:
        others = ", except for those of other installations" if answers else ""
        yield Finding("processes", True, f"no worker or ticker serves a probe on this machine{others}")


def _children(stack: Record) -> Iterator[Finding]:
    """Each child's own answer, told by its process id: its probe may have found its port taken, by whomever."""
    first = {name: stack.ports[name] for name in PROBED if name in stack.ports}
    ports = sorted({port + nth for port in first.values() for nth in range(PORTS)})
    answers = {answer["pid"]: answer for answer in _ask("127.0.0.1", ports) if answer}
    for name, port in first.items():
        child = stack.children.get(name)
        answer = answers.get(child.pid) if child else None
        yield _finding(name, answer) if answer else _silent(name, port)


def _silent(name: str, port: int) -> Finding:
    return Finding(name, False, f"its probe at port {port} does not answer: look at its log, restart it")


def _finding(name: str, answer: dict[str, Any]) -> Finding:
    process, ages = f"process {answer['pid']}", answer["seconds_since_success"]
    if stuck := answer["stuck"]:
        return Finding(name, False, f"{process}: stuck: {', '.join(stuck)}: restart it")
    starting = answer["up_seconds"] < STARTING
    failing = [part for part in answer["failing"] if not (starting and ages[part] is None)]
    if failing:
        since = (f"{part} ({'never' if ages[part] is None else f'{ages[part]:.0f} s ago'})" for part in failing)
        return Finding(name, False, f"{process}: last success too long ago: {', '.join(since)}: look at its log")
    if answer["failing"]:
        return Finding(name, True, f"{process}: starting")
    return Finding(name, True, f"{process}: every part works")


def _ask(host: str, ports: Iterable[int]) -> Sequence[dict[str, Any] | None]:
    """What the probe at each port answers; None if there is none."""

    async def ask_all() -> list[dict[str, Any] | None]:
        async with httpx.AsyncClient(trust_env=False, timeout=ANSWER_WITHIN) as client:
            return await asyncio.gather(*(_answer(client, f"http://{host}:{port}/readyz") for port in ports))

    return asyncio.run(ask_all())


async def _answer(client: httpx.AsyncClient, address: str) -> dict[str, Any] | None:
    try:
        answer = (await client.get(address)).json()
    except (httpx.HTTPError, ValueError):
        return None
    return answer if isinstance(answer, dict) and "seconds_since_success" in answer else None
