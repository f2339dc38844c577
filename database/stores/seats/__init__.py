"""Which seats are free, which are sold, and who serves them."""
