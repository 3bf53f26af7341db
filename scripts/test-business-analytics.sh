#!/bin/sh
# Recomputes every figure of the pages by independent queries, in every role.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot test-analytics "$@"
