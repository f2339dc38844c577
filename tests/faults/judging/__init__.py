"""The ledger and its judge: what was lost, doubled or unexpected."""
