"""What-if analysis: a discrete-event simulation of support days with the real rules, seats and rounds.

It answers questions such as what is gained by finding the person at call time, or what having one fewer colleague would
cost. Random numbers depend only on the seed and their purpose, so two ways of working are compared on the very same
customers, sick days and long calls (common random numbers: Law, Simulation Modeling and Analysis, 5th ed., 11.2).
"""
