#!/bin/sh
# Turns maintenance on, off, or shows it: --enable, --disable, --status.
case "${1#--}" in disable) state=off ;; status) state=status ;; *) state=on ;; esac; [ $# = 0 ] || shift
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot maintenance "$state" --reason "${PILOT_REASON:-maintenance by the runbook}" "$@"
