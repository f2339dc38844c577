"""Reading past escalations, for backtests and simulations of rules."""
