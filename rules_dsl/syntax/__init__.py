"""From text to syntax tree, with located diagnostics."""
