"""The call between two browsers: the room, which page of each side is in it, and the relays that help them."""
