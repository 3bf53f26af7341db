"""Programs that prove the product, and are no part of it.

`journey` sends one session through the running pilot, `load` many at once; `erasure` and `payment_proof` prove
erasure and payments; `simulator` makes data for demos and benchmarks; `stripe_fake` replaces Stripe. No room of the
product imports this one; only `cli`, tests and benchmarks do.
"""
