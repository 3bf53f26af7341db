#!/bin/sh
# Validates every table behind the dashboards' figures.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot quality judge "$@"
