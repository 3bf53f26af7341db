#!/bin/sh
# Reads the last backup whole and restores a sample.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot backup verify "$@"
