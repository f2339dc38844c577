"""The workflow sandbox, with our own pure modules passed through.

These are loaded once per process, not once per workflow, and workflow files use ordinary imports. Tests run the strict
sandbox, which rejects any module that isn't pure.
"""

from __future__ import annotations

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

PASSED_THROUGH = ("activities", "domain", "rules_dsl", "workflows")


def production_runner() -> SandboxedWorkflowRunner:
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))
