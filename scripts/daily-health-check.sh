#!/bin/sh
# Shows every service, the last backup, certificates, queue and disk.
PATH="${0%/*}/../.venv/bin:$PATH"; exec pilot health --daily "$@"
