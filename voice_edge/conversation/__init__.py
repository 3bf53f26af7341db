"""One conversation from `hello` to its end: turns, replies, snapshots and recorded events."""
