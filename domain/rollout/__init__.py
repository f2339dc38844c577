"""Rollouts: rules that apply to a share of the customers, and their outcomes."""
