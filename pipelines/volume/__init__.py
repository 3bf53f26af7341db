"""How much feedback a café gets by the hour, against what was to be expected: the band first, then its own history."""
