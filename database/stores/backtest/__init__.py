"""Reading past escalations, for backtesting and simulating rules."""
