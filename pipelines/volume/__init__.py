"""Feedback volume by hour against its expectation: from the café's band first, then from its history."""
