"""Real calls between two browsers, each in a network of its own."""
