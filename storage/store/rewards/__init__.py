"""Rewards: decisions, vouchers, receipts, the PINs of the tills."""
