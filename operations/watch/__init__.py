"""`pilot watch`: the clockwork that looks at the cafés' pages from outside, whatever the rest is doing."""
