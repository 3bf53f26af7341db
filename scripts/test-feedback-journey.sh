#!/bin/sh
# Sends one test session in a real browser: test-feedback-journey.sh CAFE.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot journey --browser "$@"
