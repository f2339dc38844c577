"""Incoming webhooks: help desks report tickets that need a call, or no longer need one."""

from web.hooks.zendesk import router

__all__ = ["router"]
