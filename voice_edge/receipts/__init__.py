"""Receipts: their tokens, storage, rewards and payouts to bank accounts."""
