"""What processes don't import: workflows need no solver."""

from __future__ import annotations

import subprocess
import sys

from tests.architecture.tree import ROOT

HEAVY = "numpy", "scipy"


def test_workflows_import_no_solver() -> None:
    program = f"import workflows.escalation, workflows.backstop, sys; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
