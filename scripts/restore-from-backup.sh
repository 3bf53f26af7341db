#!/bin/sh
# Restores a backup: restore-from-backup.sh --date=latest.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot backup restore "$@"
