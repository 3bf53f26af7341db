"""A FAKE of Stripe for proofs, tests and demos: stateful, stricter than a sandbox, without money.

Every request and answer is validated against the part of Stripe's official specification that payouts use. Idempotency,
limits, capabilities and events follow Stripe's documentation and recorded traffic. Its pages are headed as a fake's. It
is no part of the product: the rail calls it through Stripe's official client.
"""
