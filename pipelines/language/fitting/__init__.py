"""Fits the language model to the labelled corpus, and evaluates it on authors that it has not seen."""
