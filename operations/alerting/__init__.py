"""Alerting: the catalogue of alerts, and the router that carries them to people.

Records become episodes in the store; messages leave through an outbox with deadlines, escalation and silences.
"""
