"""Copies of a home's state that fit together, sealed and checked, and the way back."""
