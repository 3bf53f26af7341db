#!/bin/sh
# Shows every service in one table: health-check.sh [staging] [--service NAME].
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot health "$@"
