"""Fixtures of a replica with a public address."""

from tests.voice_edge.public_replica import at, aurora, board, client, home, with_trial  # noqa: F401 - fixtures
