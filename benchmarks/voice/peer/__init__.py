"""The peer to race against: pipecat's stock pipeline on the same weights, in an environment of its own."""
