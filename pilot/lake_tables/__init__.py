"""Declarations of the lake's tables: what one row is, its key, each column's kind, unit and meaning."""
