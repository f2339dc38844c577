"""The rules language with random and hostile texts, for minutes. Run by ``make soak MINUTES=…``."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.rules_dsl.fuzzing import TEXTS, one_case

MINUTES = float(os.environ.get("SOAK_MINUTES", "5"))
ROOT = Path(__file__).parents[2]


@pytest.mark.soak
@pytest.mark.timeout(MINUTES * 60 + 120)
def test_random_mutations_for_minutes() -> None:
    ends, seed, cases = time.monotonic() + MINUTES * 60, random.randrange(2**40), 0
    while time.monotonic() < ends:
        try:
            one_case(seed + cases)
        except Exception as failure:
            raise AssertionError(f"case {seed + cases}, after {cases} others") from failure
        cases += 1
    assert cases > MINUTES * 60, "at least one case per second"


@pytest.mark.soak
@pytest.mark.timeout(MINUTES * 60 + 180)
@pytest.mark.skipif(sys.platform != "linux", reason="atheris is built for Linux only")
def test_coverage_guided_fuzzing_breaks_no_promise(tmp_path: Path) -> None:
    corpus, found = tmp_path / "corpus", tmp_path / "found"
    corpus.mkdir()
    found.mkdir()
    cases = [path.read_bytes() for path in (ROOT / "tests/rules_dsl/cases").glob("*/*.rules")]
    for number, text in enumerate([*(text.encode() for text in TEXTS), *cases]):
        (corpus / f"{number:03}").write_bytes(bytes([number % 256]) + text)
    options = [f"-max_total_time={int(MINUTES * 60)}", "-timeout=30", "-max_len=20000", f"-artifact_prefix={found}/"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.rules_atheris", *options, str(corpus)],
        cwd=ROOT, capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    left = sorted(path.name for path in found.iterdir())
    assert done.returncode == 0, f"{left}\n{done.stderr[-4000:]}"
    assert "Done" in done.stderr
