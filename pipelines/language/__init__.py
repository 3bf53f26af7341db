"""Reads what a guest said: clauses, what each one does, and how useful it is; without a frame library."""
