"""The commands of `pilot payout`, by what they are about."""
