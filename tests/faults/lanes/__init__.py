"""Lanes: one fault of each kind on a whole stack, each judged by the ledger. Run by ``make lanes``."""
