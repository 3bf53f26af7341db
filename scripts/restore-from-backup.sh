#!/bin/sh
# Restores a backup: restore-from-backup.sh --date=latest.
case "${1:-}" in --date=*) which="${1#--date=}"; shift; set -- "$which" "$@" ;; esac
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot restore "$@"
