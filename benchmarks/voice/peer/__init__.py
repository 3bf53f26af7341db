"""The peer of the comparison: pipecat's stock pipeline on the same weights, in its own environment."""
