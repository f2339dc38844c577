"""Letters: the templates for messages to people, and how they are rendered as email or chat. Pure."""
