"""Static analysis of rules: reachability, gaps, contradictions and differences."""
