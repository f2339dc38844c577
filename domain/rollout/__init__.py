"""Rules that hold for a part of the customers, and what comes of them."""
