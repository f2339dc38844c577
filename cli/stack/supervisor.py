"""A process that starts others, restarts those that die, and stops them all."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from cli.stack.child import Child, ChildFailed, ending
from cli.stack.home import Running
from cli.stack.logs import LogLimits, LogPipe, RotatingLog
from cli.stack.process import die_with_parent, lives
from cli.stack.waiting import Waiting

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
PATIENCE = 300.0
"""Seconds for which a child that lives may be getting ready, on however slow a machine."""


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

    async def start(self, child: Child, within: float = PATIENCE) -> None:
        """Start a child, wait until it is ready, and keep it running from then on.

        Raises ``ChildFailed`` if its process ends before, or isn't ready after ``within`` seconds.
        """
        self._children[child.name] = child
        await self._spawn(child)
        await self._until_ready(child, self._processes[child.name], within)
        self._keepers[child.name] = asyncio.create_task(self._keep(child))

    async def all_ready(self, within: float = PATIENCE) -> None:
        """Wait until all children that are kept running are ready at the same time; those that die are restarted.

        Raises ``ChildFailed`` for one that isn't after ``within`` seconds.
        """
        waiting = Waiting(self._report)
        while lacking := await self._lacking():
            name, lack = lacking
            if waiting.seconds > within:
                raise self._failure(name, f"it is not ready after {within:.0f} s: {lack}")
            await waiting.pause(name, lack)

    async def run_once(self, child: Child) -> None:
        """Run a command to completion. Raises ``ChildFailed`` unless it exits with status 0."""
        process, waiting = await self._open(child), Waiting(self._report)
        ended = asyncio.create_task(process.wait())
        try:
            while not ended.done():
                await waiting.pause(child.name, "it has not finished", ended)
        except asyncio.CancelledError:
            process.kill()
            await ended
            raise
        finally:
            await self._read_last_lines(child.name)
        if code := ended.result():
            raise self._failure(child.name, ending(code))

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

    async def _until_ready(self, child: Child, process: asyncio.subprocess.Process, within: float) -> None:
        waiting = Waiting(self._report)
        ended = asyncio.create_task(process.wait())
        try:
            while True:
                asking = asyncio.ensure_future(child.lacks(process.pid))
                await asyncio.wait((ended, asking), return_when=asyncio.FIRST_COMPLETED)
                if ended.done():
                    asking.cancel()
                    await self._read_last_lines(child.name)
                    raise self._failure(child.name, ending(ended.result()))
                lack = asking.result()
                if lack is None:
                    return
                if waiting.seconds > within:
                    raise self._failure(child.name, f"it is not ready after {within:.0f} s: {lack}")
                await waiting.pause(child.name, lack, ended)
        finally:
            ended.cancel()

    async def _lacking(self) -> tuple[str, str] | None:
        """A child that isn't ready now, and what it lacks."""
        for name in tuple(self._keepers):
            pid = self._processes[name].pid
            lack = await self._children[name].lacks(pid)
            if not lives(pid):
                return name, "it ended, and is being restarted"
            if lack is not None:
                return name, lack
        return None

    def _failure(self, name: str, reason: str) -> ChildFailed:
        return ChildFailed(name, reason, self._log(name), self._pipes[name].tail)

    async def _keep(self, child: Child) -> None:
        failures, has_answered = 0, True
        while True:
            process = self._processes[child.name]
            began = time.monotonic()
            code = await self._until_ended(child, process, has_answered)
            has_answered = False
            failures = 0 if time.monotonic() - began > HEALTHY_AFTER else failures + 1
            self._report(f"{child.name} ended ({_reason(code)}), restarting it")
            await asyncio.sleep(min(0.1 * 2 ** (failures - 1), LONGEST_PAUSE) if failures else 0)
            await self._spawn(child)

    async def _until_ended(self, child: Child, process: asyncio.subprocess.Process, has_answered: bool) -> int:
        """The exit status of a process, which is killed if it hangs."""
        probing = asyncio.create_task(self._kill_if_hanging(child, process, has_answered))
        try:
            return await process.wait()
        finally:
            probing.cancel()

    async def _kill_if_hanging(self, child: Child, process: asyncio.subprocess.Process, has_answered: bool) -> None:
        if child.answers is None:
            return
        began, misses = time.monotonic(), 0
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
