"""The report in a reader's language: blocks of text, tables, charts and quotes."""
