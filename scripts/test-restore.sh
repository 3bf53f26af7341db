#!/bin/sh
# Restores a backup to a scratch folder, compares and times it; --dry-run is that, too: nothing is changed.
[ "${1:-}" != --dry-run ] || shift
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot backup drill "$@"
