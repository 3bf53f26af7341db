"""Alerts in the store: episodes, the outbox of their messages, silences and the router's marks."""
