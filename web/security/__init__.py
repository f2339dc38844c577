"""Security: sessions, roles, form tokens, rate limits, headers."""
