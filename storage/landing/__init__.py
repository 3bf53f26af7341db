"""The landing: raw events in crash-safe append logs, published as immutable segments."""
