"""How a process with a Temporal worker in it ends."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Coroutine

from cli.garbage_collection import collect_seldom


def run_and_leave(work: Coroutine[None, None, None]) -> None:
    """Run to the end, then leave without the interpreter's own clean-up. Does not return.

    Temporal's core sometimes aborts a process whose interpreter finalises, after all its work is done.
    """
    collect_seldom()
    code = 0
    try:
        asyncio.run(work)
    except Exception:
        logging.getLogger(__name__).exception("the process ends by a failure")
        code = 1
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
