"""Which seats are free, sold, and served by whom."""
