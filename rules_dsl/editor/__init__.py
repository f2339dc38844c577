"""Help while writing: completions and what a phrase means."""
