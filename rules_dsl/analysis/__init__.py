"""Static analysis of rules: reachability, gaps, contradictions, differences."""
