"""Rewards, payouts and the events of the provider."""
