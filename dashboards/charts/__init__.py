"""The charts and their colours."""
