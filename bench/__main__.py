"""`make bench`: run every benchmark and write its table into bench/results/."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from bench import latency, life

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    RESULTS.mkdir(exist_ok=True)
    _keep("life", "One life in Temporal", life.table())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        table = asyncio.run(latency.measure(Path(folder)))
    busy = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end."
    _keep("latency", "How long a person waits for yes", f"{table} {busy}")


def _keep(name: str, title: str, table: str) -> None:
    print(f"\n{title}\n{table}")
    (RESULTS / f"{name}.md").write_text(f"# {title}\n\n{table}\n")


if __name__ == "__main__":
    main()
