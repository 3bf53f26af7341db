#!/bin/sh
# Simulates guests at once: load-test-voice.sh --concurrent=10 --duration=300s.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot load-test "$@"
