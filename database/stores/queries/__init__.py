"""What pages and exports read."""
