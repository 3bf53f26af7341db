"""The pilot's vocabulary: cafés, settings, business days, words, tables, the raw-event contract, redaction.

Imports no other room and no engine; opens no file but its own words.
"""
