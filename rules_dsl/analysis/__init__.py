"""What can be proven of rules: reach, gaps, contradictions, differences."""
