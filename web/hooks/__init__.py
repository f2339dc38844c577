"""Webhooks that come in: help desks tell of tickets that want a call, or no longer do."""

from web.hooks.zendesk import router

__all__ = ["router"]
