"""Finding people for calls: rounds, offers, answers, presence and repairs."""
