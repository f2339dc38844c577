"""What the workflow sandbox passes through: our own pure modules, loaded once a process instead of once a workflow.

Workflow files import by ordinary imports; tests run the strict sandbox, so a module that is not pure shows there.
"""

from __future__ import annotations

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

PASSED_THROUGH = ("activities", "domain", "rules_dsl", "workflows")


def production_runner() -> SandboxedWorkflowRunner:
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))
