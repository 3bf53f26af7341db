"""Feedback volume by hour, compared with an expectation from the café's band or its history."""
