"""What the pilot is: cafés, settings, business days, words, the raw-event contract, redaction.

Pure: imports no other room, opens no file, asks no clock.
"""
