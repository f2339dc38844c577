"""Parses text into a syntax tree and diagnostics, each with its position."""
