"""At which ports a worker or ticker may serve its probe. Imports nothing, for those who only look for it."""

from __future__ import annotations

PORTS = 10
"""How many ports are tried, so that several processes on one machine need no settings of their own."""
