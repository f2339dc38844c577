"""The Chromium for browser tests: MUSTER_CHROMIUM, one on PATH, or Playwright's own.

Run as a module before the tests, it downloads Playwright's if there is no other, or says what is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


class ChromiumMissing(Exception):
    """MUSTER_CHROMIUM isn't an executable program."""

    def __init__(self, path: str) -> None:
        super().__init__(f"MUSTER_CHROMIUM is {path!r}, which is not a program")


def executable() -> str | None:
    """For Playwright's ``executable_path``; None selects Playwright's own download."""
    setting = os.environ.get("MUSTER_CHROMIUM")
    if setting:
        found = shutil.which(setting)
        if found is None:
            raise ChromiumMissing(setting)
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
    download = subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if download.returncode != 0:
        sys.stderr.write(
            "browser tests need Chromium: install `chromium` (Debian: apt-get install chromium), or point "
            "MUSTER_CHROMIUM at one; Playwright could not download its own either.\n"
        )
    return download.returncode


if __name__ == "__main__":
    sys.exit(main())
