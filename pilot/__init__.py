"""The pilot's vocabulary: cafés, settings, business days, words, tables, raw events, redaction.

Imports no other room and no engine; opens no file but its own words.
"""
