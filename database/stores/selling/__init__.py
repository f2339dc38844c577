"""Selling a seat: the queue of a day, and the statements of a sale."""
