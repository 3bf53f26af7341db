#!/bin/sh
# Turns performance mode on; back: pilot performance off.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot performance on --reason "${PILOT_REASON:-performance by the runbook}" "$@"
