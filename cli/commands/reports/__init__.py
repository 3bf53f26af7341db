"""Commands that report on the pilot."""
