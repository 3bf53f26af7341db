"""What proves the product and is no part of it: the journey, loads, proofs, the fake Stripe, the simulator."""
