"""The pages shown at the door: why there is no talk now, and what to do about it."""
