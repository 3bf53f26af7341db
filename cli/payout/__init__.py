"""The commands of `pilot payout`, one module for each subject."""
