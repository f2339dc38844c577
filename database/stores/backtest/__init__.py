"""The past read for trying rules on it."""
