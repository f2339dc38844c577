"""What if: a desk's days played out with the real rules, seats and rounds, as a discrete-event simulation.

Answers what finding the person at call time buys, what one colleague less would cost, and the like. Every
replication draws its luck from its seed alone, by purpose, so two ways of working meet the very same customers,
sick days and long calls (common random numbers: Law, Simulation Modeling and Analysis, 5th ed., 11.2).
"""
