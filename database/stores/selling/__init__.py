"""Selling a seat: the queue for a day, and the statements of a sale."""
