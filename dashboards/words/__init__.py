"""Figures in words, by language."""
