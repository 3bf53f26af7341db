#!/bin/sh
# Compares counts, references, the ledger's balance and recomputed figures.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot verify-data "$@"
