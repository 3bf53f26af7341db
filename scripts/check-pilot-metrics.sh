#!/bin/sh
# Shows yesterday's five metrics of each café against target and seven days.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot kpi "$@"
