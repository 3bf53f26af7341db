"""The doors of the edge: admission, rate limits, trial slots, device tokens and short codes."""
