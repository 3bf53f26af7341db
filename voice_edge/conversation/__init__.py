"""One conversation from `hello` to its end: turns, answers, snapshots, the record of what happened."""
