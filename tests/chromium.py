"""The Chromium that browser tests drive: MUSTER_CHROMIUM, one on PATH, or the one Playwright fetches.

Run as a module before the tests, it fetches Playwright's own where there is no other, or says what is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


class ChromiumMissing(Exception):
    """MUSTER_CHROMIUM names something that can't be run."""

    def __init__(self, path: str) -> None:
        super().__init__(f"MUSTER_CHROMIUM is {path!r}, which is not a program")


def executable() -> str | None:
    """For Playwright's ``executable_path``; None leaves the choice to Playwright's own download."""
    named = os.environ.get("MUSTER_CHROMIUM")
    if named:
        found = shutil.which(named)
        if found is None:
            raise ChromiumMissing(named)
        return found
    return next(filter(None, map(shutil.which, NAMES)), None)


def main() -> int:
    try:
        found = executable()
    except ChromiumMissing as missing:
        sys.stderr.write(f"browser tests: {missing}\n")
        return 1
    if found is not None:
        return 0
    fetched = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if fetched.returncode != 0:
        sys.stderr.write(
            "browser tests need Chromium: install `chromium` (Debian: apt-get install chromium), or point "
            "MUSTER_CHROMIUM at one; Playwright could not fetch its own either.\n"
        )
    return fetched.returncode


if __name__ == "__main__":
    sys.exit(main())
