"""Hearing: detects speech and turns in audio, and recognises the words."""
