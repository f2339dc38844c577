"""Who acts in a trial: customers, agents, crowds of them, and mail scanners."""
