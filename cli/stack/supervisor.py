"""A process that starts others, restarts those that die, and stops them all."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from cli.stack.home import Running
from cli.stack.logs import LogLimits, LogPipe, RotatingLog
from cli.stack.postgres import RunAs
from cli.stack.process import die_with_parent

HEALTHY_AFTER = 5.0
"""Seconds after which a child counts as healthy: if it dies after that, it is restarted without a pause."""
LAST_LINES = 0.5
"""Seconds to wait for the last lines of a child's log; its descendants may keep the log open for longer."""
PROBE_PAUSE = 2.0
"""Seconds between two probes of a child that must answer."""
MISSES = 4
"""Probes in a row without an answer after which a child counts as hanging."""
FIRST_ANSWER_WITHIN = 60.0
"""Seconds from its start for which a child may still be getting ready to answer."""
LONGEST_PAUSE = 2.0
"""Maximum seconds between restarts of a child that keeps dying."""


class ChildFailed(Exception):
    """A child ended or didn't become ready while the stack was starting."""

    def __init__(self, name: str, log: Path) -> None:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
        super().__init__(f"{name} did not start; its log {log} ends:\n{tail}")


async def always_ready() -> bool:
    """Readiness check for a child that is ready as soon as it runs."""
    return True


@dataclass(frozen=True)
class Child:
    """A process that is kept running."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ready: Callable[[], Awaitable[bool]] = always_ready
    answers: Callable[[], Awaitable[bool]] | None = None
    """A probe; a child that stops answering it hangs, and is killed and replaced. It must end within seconds."""
    stop_signal: signal.Signals = signal.SIGTERM
    last_signal: signal.Signals = signal.SIGKILL
    """Sent if the child hasn't stopped in time."""
    orphan_signal: signal.Signals = signal.SIGKILL
    """Sent by the system if the supervisor is killed."""
    run_as: RunAs = field(default_factory=RunAs)
    niceness: int = 0
    """How much the child gives way to the others if CPU time is short, from 0 to 19."""


class Supervisor:
    """Keeps children running. ``report`` receives lines for people; ``changed`` is called when a process id changes."""

    def __init__(
        self,
        logs: Path,
        report: Callable[[str], None],
        changed: Callable[[], None],
        log_limits: LogLimits = LogLimits(),  # noqa: B008 - frozen
    ) -> None:
        self._logs = logs
        self._log_limits = log_limits
        self._files: dict[str, RotatingLog] = {}
        self._pipes: dict[str, LogPipe] = {}
        self._report = report
        self._changed = changed
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._children: dict[str, Child] = {}
        self._keepers: dict[str, asyncio.Task[None]] = {}
        self.running: dict[str, Running] = {}

    async def start(self, child: Child, within: float = 60.0) -> None:
        """Start a child and keep it running. Returns once it is ready; raises ``ChildFailed`` if that takes too long.

        ``within`` is in seconds.
        """
        self._children[child.name] = child
        await self._spawn(child)
        self._keepers[child.name] = asyncio.create_task(self._keep(child))
        deadline = time.monotonic() + within
        while not await child.ready():
            if time.monotonic() > deadline:
                await self._read_last_lines(child.name)
                raise ChildFailed(child.name, self._log(child.name))
            await asyncio.sleep(0.1)

    async def run_once(self, child: Child) -> None:
        """Run a command to completion. Raises ``ChildFailed`` unless it exits with status 0."""
        process = await self._open(child)
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
        finally:
            await self._read_last_lines(child.name)
        if code != 0:
            raise ChildFailed(child.name, self._log(child.name))

    async def stop(self, names: tuple[str, ...], within: float) -> None:
        """Ask all these children to stop at the same time; kill those still running after ``within`` seconds."""
        for name in names:
            if keeper := self._keepers.pop(name, None):
                keeper.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await keeper
        present = [(self._children[name], self._processes[name]) for name in names if name in self._processes]
        for child, process in present:
            _send(process, child.stop_signal)
        waiting = [asyncio.create_task(process.wait()) for _, process in present]
        if waiting:
            await asyncio.wait(waiting, timeout=within)
        for child, process in present:
            _send(process, child.last_signal)
        if waiting:
            await asyncio.wait(waiting, timeout=0.5)
        for (child, process), wait in zip(present, waiting, strict=True):
            _send(process, signal.SIGKILL)
            await wait
            await self._read_last_lines(child.name)
            self._pipes.pop(child.name).close()
            self._processes.pop(child.name)
            self.running.pop(child.name, None)
        self._changed()

    async def _keep(self, child: Child) -> None:
        failures = 0
        while True:
            process = self._processes[child.name]
            began = time.monotonic()
            code = await self._until_ended(child, process)
            failures = 0 if time.monotonic() - began > HEALTHY_AFTER else failures + 1
            self._report(f"{child.name} ended ({_reason(code)}), restarting it")
            await asyncio.sleep(min(0.1 * 2 ** (failures - 1), LONGEST_PAUSE) if failures else 0)
            await self._spawn(child)

    async def _until_ended(self, child: Child, process: asyncio.subprocess.Process) -> int:
        """The exit status of a process, which is killed if it hangs."""
        probing = asyncio.create_task(self._kill_if_hanging(child, process))
        try:
            return await process.wait()
        finally:
            probing.cancel()

    async def _kill_if_hanging(self, child: Child, process: asyncio.subprocess.Process) -> None:
        if child.answers is None:
            return
        began, misses, has_answered = time.monotonic(), 0, False
        while misses < MISSES:
            await asyncio.sleep(PROBE_PAUSE)
            if await child.answers():
                misses, has_answered = 0, True
            elif has_answered or time.monotonic() - began > FIRST_ANSWER_WITHIN:
                misses += 1
        self._report(f"{child.name} does not answer, killing it")
        _send(process, signal.SIGKILL)

    async def _spawn(self, child: Child) -> None:
        process = await self._open(child)
        self._processes[child.name] = process
        with contextlib.suppress(psutil.Error):
            self.running[child.name] = Running(process.pid, psutil.Process(process.pid).create_time())
        self._changed()

    async def _open(self, child: Child) -> asyncio.subprocess.Process:
        name = child.name
        if name not in self._files:
            self._log(name).touch()
            self._files[name] = RotatingLog(self._log(name), self._log_limits)
        # Descendants of an earlier process may still write to an earlier pipe, which is read until they end.
        pipe = self._pipes[name] = LogPipe(self._files[name])
        try:
            return await asyncio.create_subprocess_exec(
                *child.command,
                env=dict(child.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=pipe.sink,
                stderr=pipe.sink,
                # Ctrl-C in a terminal goes to a whole process group, but only the supervisor should receive it.
                start_new_session=True,
                preexec_fn=die_with_parent(child.orphan_signal, child.niceness),
                cwd="/",
                **child.run_as,
            )
        finally:
            os.close(pipe.sink)

    async def _read_last_lines(self, name: str) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._pipes[name].ended.wait(), LAST_LINES)

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"


def _send(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)


def _reason(code: int) -> str:
    return f"code {code}" if code >= 0 else signal.Signals(-code).name
