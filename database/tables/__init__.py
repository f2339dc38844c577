"""All tables: one import completes the metadata."""

from database.tables import (
    account,
    booking,
    call_page,
    customer_link,
    customer_request,
    directory,
    escalation,
    muster,
    rollout,
    schedule,
    webhook,
)
from database.tables.base import metadata

__all__ = [
    "account",
    "booking",
    "call_page",
    "customer_link",
    "customer_request",
    "directory",
    "escalation",
    "metadata",
    "muster",
    "rollout",
    "schedule",
    "webhook",
]
