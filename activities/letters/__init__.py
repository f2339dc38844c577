"""Letters: the templates of messages to people, and their rendering as mail or chat. Pure."""
