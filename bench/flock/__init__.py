"""A flock of five hundred calls due in the same second: offers on desks, acceptances, and their costs."""
