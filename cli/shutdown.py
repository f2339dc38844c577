"""Ends processes that contain a Temporal worker."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Coroutine

from cli.garbage_collection import collect_seldom


def run_and_leave(work: Coroutine[None, None, None]) -> None:
    """Run the coroutine, then exit without finalising the interpreter. Does not return.

    Temporal's core sometimes aborts the process during finalisation, although all the work is done by then.
    """
    collect_seldom()
    code = 0
    try:
        asyncio.run(work)
    except Exception:
        logging.getLogger(__name__).exception("process exits after an unexpected error")
        code = 1
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
