"""Who may do what: sessions, roles, forms, limits, headers."""
