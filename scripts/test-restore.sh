#!/bin/sh
# Restores a backup to a scratch folder, compares and times it.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot backup drill "$@"
