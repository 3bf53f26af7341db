#!/bin/sh
# Turns text only on; back: pilot fallback off.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot fallback on --reason "${PILOT_REASON:-fallback by the runbook}" "$@"
