"""Editor support: completions and hover texts."""
