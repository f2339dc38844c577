"""Selling a seat: the queue for each day, and the SQL statements of a sale."""
