"""The Stripe Connect rail: transfers to recipients with an account at Stripe."""
