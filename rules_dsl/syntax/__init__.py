"""From text to tree, with located diagnostics."""
