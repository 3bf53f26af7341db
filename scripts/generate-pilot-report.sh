#!/bin/sh
# Makes the pilot's report: generate-pilot-report.sh --period=30-days.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot report "$@"
