"""Five hundred calls due in the same second: offers on desks, acceptances, and what each costs."""
