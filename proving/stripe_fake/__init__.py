"""A FAKE of Stripe: stateful, stricter than its sandbox, and it moves no money.

Every request and answer is checked against the part of Stripe's official specification that payouts use; how it behaves
(idempotency, limits, capabilities, events) follows Stripe's documentation and recorded traffic. What a person sees of
it says that it is a fake.
"""
