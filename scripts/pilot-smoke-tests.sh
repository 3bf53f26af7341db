#!/bin/sh
# Sends a test session through every café: scan, talk, score, reward.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot smoke "$@"
