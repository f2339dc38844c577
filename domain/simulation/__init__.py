"""What if: days of support with the real rules, seats and rounds, as a discrete-event simulation.

Answers what it gains to find the person at call time, what one colleague less would cost, and the like. Random numbers
depend on the seed and their purpose alone, so two ways of working meet the very same customers, sick days and long
calls (common random numbers: Law, Simulation Modeling and Analysis, 5th ed., 11.2).
"""
