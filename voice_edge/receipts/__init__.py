"""Receipts: minted from the session, saved, and what each shows of its reward."""
