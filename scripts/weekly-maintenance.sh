#!/bin/sh
# Announces, silences, runs the weekly steps, reports.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot weekly-maintenance "$@"
