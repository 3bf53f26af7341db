"""The charts that the pages and the report share: one specification each."""
