"""The doors of the edge: who comes in when, how often, on which trial slot; and how a guest has words erased."""
